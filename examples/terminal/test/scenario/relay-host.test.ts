import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { type Relay, type RelayOptions, RelayStartError, StoreError, startRelay } from '@secret-chat/relay';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RelayHost } from '../../src/relay-host.ts';

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(port = 0): Promise<number> {
  const server = createServer((socket) => socket.end());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const port = await listen();
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  return port;
}

/** @param failures of each relay that is started, in their order */
function host(port: number, start: (options: RelayOptions) => Promise<void>, failures: Relay['failed'][] = []) {
  const calls: RelayOptions[] = [];
  const told = { said: [] as string[], failed: [] as string[], started: 0, closed: 0 };
  const relayHost = new RelayHost({
    origin: `ws://127.0.0.1:${port}`,
    data: '/data/relay',
    load: async () => ({
      async startRelay(options) {
        calls.push(options);
        await start(options);
        const close = async () => {
          told.closed += 1;
        };
        return { close, failed: failures[calls.length - 1] ?? new Promise(() => {}) } as Relay;
      },
    }),
    pause: async () => {},
    say: (line) => told.said.push(line),
    fail: ({ code }) => told.failed.push(code),
    started: () => {
      told.started += 1;
    },
  });
  return { relayHost, calls, told };
}

const OFFLINE = { state: 'waiting', retryAtMs: 0, reason: 'refused' } as const;

describe('the relay of this machine', () => {
  it('is started where none answers, and stopped with the process', async () => {
    const port = await freePort();
    const { relayHost, calls, told } = host(port, async () => {});
    await relayHost.look();
    expect(calls).toEqual([{ host: '127.0.0.1', port, data: '/data/relay' }]);
    expect(told).toMatchObject({ started: 1, failed: [], closed: 0 });
    expect(told.said[0]).toContain(`${port}`);
    // It has it: nothing more is to be done when the link fails.
    relayHost.linkChanged(OFFLINE);
    await relayHost.look();
    expect(calls).toHaveLength(1);
    await relayHost.close();
    expect(told.closed).toBe(1);
  });

  it('is started anew when its store has failed', async () => {
    let fail = (_error: StoreError) => {};
    const failed = new Promise<StoreError>((resolve) => {
      fail = resolve;
    });
    const { relayHost, calls, told } = host(await freePort(), async () => {}, [failed]);
    await relayHost.look();
    fail(new StoreError('UNAVAILABLE', 'the store’s thread ended'));
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    expect(told.closed).toBe(1);
    await relayHost.close();
    expect(told.closed).toBe(2);
  });

  it('is used where one answers, and taken over when it is gone', async () => {
    const port = await listen();
    const { relayHost, calls, told } = host(port, async () => {});
    await relayHost.look();
    expect(calls).toEqual([]);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    relayHost.linkChanged({ state: 'connecting' });
    expect(calls).toEqual([]);
    relayHost.linkChanged(OFFLINE);
    await expect.poll(() => told.started).toBe(1);
    await relayHost.close();
  });

  it.each([
    ['the port', () => new RelayStartError('ADDRESS_IN_USE', 'in use')],
    ['the data', () => new StoreError('LOCKED', 'in use')],
  ])('is left to who was first: %s', async (_, error) => {
    const port = await freePort();
    let tries = 0;
    const { relayHost, told } = host(port, async () => {
      tries += 1;
      // The other one is there a moment later.
      await listen(port);
      throw error();
    });
    await relayHost.look();
    expect(tries).toBe(1);
    expect(told).toMatchObject({ started: 0, failed: [] });
    await relayHost.close();
  });

  it('is started once its data are free', async () => {
    const port = await freePort();
    let tries = 0;
    const { relayHost, told } = host(port, async () => {
      tries += 1;
      if (tries < 3) {
        throw new StoreError('LOCKED', 'in use');
      }
    });
    await relayHost.look();
    expect(told.started).toBe(1);
    await relayHost.close();
  });

  it('that cannot be started is told once', async () => {
    const port = await freePort();
    const { relayHost, told } = host(port, async () => {
      throw new StoreError('FOREIGN', 'not a relay’s');
    });
    await relayHost.look();
    relayHost.linkChanged(OFFLINE);
    await relayHost.look();
    expect(told.failed).toEqual(['RELAY_NOT_STARTED']);
    await relayHost.close();
  });

  it('is not started by a process that ends', async () => {
    const port = await freePort();
    const { relayHost, calls } = host(port, async () => {});
    await relayHost.close();
    relayHost.linkChanged(OFFLINE);
    await relayHost.look();
    expect(calls).toEqual([]);
  });
});

it('real relays: of two processes that start at once one has it, and the other takes over with the same data', async () => {
  const data = await mkdtemp(path.join(os.tmpdir(), 'secret-chat-test-'));
  const origin = `ws://127.0.0.1:${await freePort()}`;
  const failed: unknown[] = [];
  const started: string[] = [];
  const one = (name: string) =>
    new RelayHost({
      origin,
      data: path.join(data, 'relay'),
      load: async () => ({ startRelay }),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      say: () => {},
      fail: (error) => failed.push(error),
      started: () => started.push(name),
    });
  const hosts = { first: one('first'), second: one('second') };
  await Promise.all([hosts.first.look(), hosts.second.look()]);
  expect(started).toHaveLength(1);
  const [winner, other] = started[0] === 'first' ? [hosts.first, hosts.second] : [hosts.second, hosts.first];
  const closed = winner.close();
  other.linkChanged(OFFLINE);
  await closed;
  await other.look();
  other.linkChanged(OFFLINE);
  await other.look();
  expect(started).toHaveLength(2);
  await other.close();
  expect(failed).toEqual([]);
  await rm(data, { recursive: true, force: true });
});
