import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRelay } from '../../src/index.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { Client, envelope, newOwner } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const LIMITS = {
  envelopesPerMailbox: 1000,
  bytesPerMailbox: 10_000_000,
  mailboxes: 1000,
  envelopeBytes: 100_000_000,
  cards: 10,
  prekeysPerCard: 200,
  pieceBytes: 10_000_000,
};

describe('stopping', () => {
  test('answers what is under way, refuses the rest, says goodbye, closes the store', async () => {
    const store = new MemoryStore(LIMITS);
    let release: (() => void) | undefined;
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = new Proxy(store, {
      get(target, name) {
        if (name === 'append') {
          return async (...args: Parameters<MemoryStore['append']>) => {
            await blocked;
            return target.append(...args);
          };
        }
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const relay = await startRelay({ store: slow });
    const client = await Client.connect(relay.url);
    const owner = newOwner();
    await client.open(owner);
    const put = client.put(owner.address, envelope());
    await client.ask({ op: 'ping' });
    const closing = relay.close();
    const late = client.put(owner.address, envelope());
    expect(await late).toMatchObject({ op: 'error', code: 'UNAVAILABLE' });
    release?.();
    expect(await put).toEqual(ok);
    expect(await client.closed).toEqual({ code: 1001 });
    await closing;
    await expect(store.totals()).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(Client.connect(relay.url)).rejects.toThrow();
  });

  test('does not wait for ever for a client that does not say goodbye', async () => {
    const relay = await startRelay({ limits: { drainSeconds: 0.1 } });
    const client = await Client.connect(relay.url);
    client.socket.pause();
    const started = performance.now();
    await relay.close();
    expect(performance.now() - started).toBeLessThan(4000);
    client.end();
  });
});

describe('expiry', () => {
  test('what expired is purged in rounds, and never given out before that', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(LIMITS);
    const relay = await testRelay({ store, effects: clock, limits: { purgeSeconds: 3600 } });
    const client = await relay.connect();
    const owner = newOwner();
    await client.open(owner);
    await Promise.all(Array.from({ length: 250 }, () => client.put(owner.address, envelope(), 1)));
    const kept = envelope();
    await client.put(owner.address, kept, 24);
    expect((await store.totals()).envelopes).toBe(251);
    clock.advance(2 * 3_600_000 - 1);
    await client.subscribe(owner);
    await client.next('drained');
    expect(client.of('envelope').map((frame) => frame.envelope)).toEqual([kept]);
    await relay.purge();
    await expect.poll(async () => (await store.totals()).envelopes).toBe(1);
  });

  test('at start what expired meanwhile goes first', async () => {
    const clock = new FakeClock();
    const store = new MemoryStore(LIMITS);
    const now = clock.now() / 1000;
    const mailbox = new Uint8Array(32);
    await store.openMailbox(mailbox, now - 10, now - 100);
    const relay = await testRelay({ store, effects: clock });
    expect((await store.totals()).mailboxes).toBe(0);
    await relay.connect();
  });
});

function selfSigned(folder: string): { cert: string; key: string } | undefined {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const args = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject];
  try {
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } catch {
    return undefined;
  }
}

test('TLS: wss and https on one port', async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-chat-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tls = selfSigned(folder);
  if (tls === undefined) {
    skip();
    return;
  }
  const relay = await testRelay({ tls, host: 'localhost' });
  expect(relay.url).toMatch(/^wss:\/\/localhost:\d+$/);
  const client = await relay.connect({ ca: tls.cert });
  expect(await client.open(newOwner())).toEqual(ok);
});
