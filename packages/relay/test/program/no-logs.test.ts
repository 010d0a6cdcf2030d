import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { piecePath, toHex } from '@secret-chat/wire';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findIn, findInFolder } from '../support/canary.ts';
import { Client, envelope, newOwner, random, sha256 } from '../support/client.ts';
import { FakeClock, testRelay } from '../support/relay.ts';

const ok = expect.objectContaining({ op: 'ok' });
const TOKEN = 'canary-token-kvcx7zq1';
const NETWORK = '192.0.2.77';
const HOUR_MS = 3_600_000;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'secret-chat-canary-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Everything that a client shows or stores in the course of a chat. */
function traffic() {
  const owner = newOwner();
  const locator = random(32);
  return {
    owner,
    locator,
    card: random(4096),
    prekeys: [random(1364), random(1364)],
    envelopes: [envelope(), envelope(16_384)],
    piece: { id: random(32), token: random(32), bytes: new Uint8Array(random(65_536)) },
  };
}

type Traffic = ReturnType<typeof traffic>;

/** Capabilities and keys: never at rest, in no form. */
function secrets({ owner, locator, piece }: Traffic) {
  return {
    address: owner.address,
    ownerKey: owner.ownerKey,
    addressPart: owner.random,
    locator,
    pieceId: piece.id,
    deleteToken: piece.token,
    token: TOKEN,
    network: NETWORK,
  };
}

/** Ciphertext, and the hashes that name it: at rest as long as it is held. */
function held({ owner, locator, card, prekeys, envelopes, piece }: Traffic) {
  return {
    envelope: envelopes[0] as Uint8Array,
    largeEnvelope: envelopes[1] as Uint8Array,
    card,
    prekey: prekeys[1] as Uint8Array,
    piece: piece.bytes,
    mailboxName: sha256(owner.address),
    envelopeHash: sha256(envelopes[0] as Uint8Array),
    inviteId: sha256(locator),
    cardOwner: sha256(owner.ownerKey),
    pieceName: sha256(piece.id),
    deleteHash: sha256(piece.token),
  };
}

async function store(client: Client, { owner, locator, card, prekeys, envelopes, piece }: Traffic): Promise<void> {
  await client.ask({ op: 'auth', token: TOKEN });
  expect(await client.open(owner)).toEqual(ok);
  const { ownerKey } = owner;
  const put = { op: 'putCard', ownerKey, inviteId: sha256(locator), card, prekeys, idleWeeks: 1 } as const;
  expect(await client.askSigned(put, owner)).toEqual(ok);
  expect(await client.ask({ op: 'getCard', locator })).toEqual(ok);
  expect(await client.ask({ op: 'takePrekey', locator })).toEqual(ok);
  for (const bytes of envelopes) {
    expect(await client.put(owner.address, bytes, 1)).toEqual(ok);
  }
  const uploaded = await fetch(pieceUrl(client, piece.id), {
    method: 'PUT',
    body: piece.bytes,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'secret-chat-delete-hash': toHex(sha256(piece.token)),
      'secret-chat-ttl-hours': '1',
      'x-forwarded-for': NETWORK,
    },
  });
  expect(uploaded.status).toBe(201);
  await (await fetch(pieceUrl(client, piece.id), { headers: { 'x-forwarded-for': NETWORK } })).arrayBuffer();
}

const pieceUrl = (client: Client, id: Uint8Array) => `${client.origin.replace('ws', 'http')}${piecePath(id)}`;

async function spawnRelay(data: string, tokenFile: string) {
  const program = fileURLToPath(new URL('../../src/program.ts', import.meta.url));
  const args = ['--port', '0', '--metrics-port', '0', '--data', data, '--token-file', tokenFile];
  const child: ChildProcess = spawn(
    process.execPath,
    [
      '--conditions=@secret-chat/source',
      '--import=tsx',
      program,
      ...args,
      ...['--trusted-proxy', 'loopback', '--checkpoint-seconds', '0.2', '--prekeys-per-minute', '100'],
    ],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const said: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => said.push(data));
  child.stderr?.on('data', (data: Buffer) => said.push(data));
  const text = () => Buffer.concat(said).toString();
  await expect.poll(text, { timeout: 30_000 }).toMatch(/relay metrics: \S+\n/);
  const find = (pattern: RegExp) => pattern.exec(text())?.[1] as string;
  return { child, text, url: find(/started: (\S+)/), metricsUrl: find(/metrics: (\S+)/) };
}

describe('nothing is written about use', () => {
  test('before: ciphertext and hashes alone; after acknowledgement and deletion: nothing', async () => {
    const data = join(folder(), 'data');
    const tokenFile = join(folder(), 'token');
    writeFileSync(tokenFile, TOKEN);
    const relay = await spawnRelay(data, tokenFile);
    const client = await Client.connect(relay.url, { headers: { 'x-forwarded-for': NETWORK } });
    const sent = traffic();
    await store(client, sent);

    expect(findInFolder(data, secrets(sent))).toEqual([]);
    expect(findInFolder(data, held(sent)).sort()).toEqual(Object.keys(held(sent)).sort());

    // Bad requests leave no trace either.
    const stranger = await Client.connect(relay.url, { headers: { 'x-forwarded-for': NETWORK } });
    stranger.send(sent.card);
    await stranger.closed;
    await fetch(`${pieceUrl(client, sent.piece.id)}/..`, { headers: { 'x-forwarded-for': NETWORK } });

    await client.subscribe(sent.owner);
    await client.next('envelope', 2);
    expect(await client.ack(sent.owner.address, sent.envelopes)).toEqual(ok);
    const { envelope: small, largeEnvelope, envelopeHash, ...rest } = held(sent);
    const gone = { small, largeEnvelope, envelopeHash };
    await expect.poll(() => findInFolder(data, gone), { timeout: 10_000 }).toEqual([]);
    expect(findInFolder(data, rest).sort()).toEqual(Object.keys(rest).sort());

    expect(await client.closeMailbox(sent.owner)).toEqual(ok);
    const { ownerKey } = sent.owner;
    const inviteId = sha256(sent.locator);
    expect(await client.askSigned({ op: 'removeCard', ownerKey, inviteId }, sent.owner)).toEqual(ok);
    const deleted = await fetch(pieceUrl(client, sent.piece.id), {
      method: 'DELETE',
      headers: { 'secret-chat-delete-token': toHex(sent.piece.token) },
    });
    expect(deleted.status).toBe(204);
    await expect.poll(() => findInFolder(data, held(sent)), { timeout: 10_000 }).toEqual([]);
    expect(findInFolder(data, secrets(sent))).toEqual([]);

    const metrics = Buffer.from(await (await fetch(relay.metricsUrl)).arrayBuffer());
    expect(findIn([metrics], { ...secrets(sent), ...held(sent) })).toEqual([]);
    const closed = once(relay.child, 'close');
    relay.child.kill('SIGTERM');
    expect((await closed)[0]).toBe(0);
    expect(findIn([Buffer.from(relay.text())], { ...secrets(sent), ...held(sent) })).toEqual([]);
    expect(
      relay
        .text()
        .trim()
        .split('\n')
        .map((line) =>
          line
            .split(/[:\s]+/)
            .slice(0, 2)
            .join(' '),
        ),
    ).toEqual(['relay started', 'relay is', 'relay data', 'relay metrics', 'relay stopped']);
    expect(findInFolder(data, { ...secrets(sent), ...held(sent) })).toEqual([]);
  });

  test('what expired is gone from every file after the purge', async () => {
    const data = join(folder(), 'data');
    const clock = new FakeClock();
    // The clock jumps by months: rounds of the relay's own would be many.
    const limits = { purgeSeconds: 2_000_000, checkpointSeconds: 2_000_000 };
    const relay = await testRelay({ data, effects: clock, token: TOKEN, limits });
    const client = await relay.connect();
    const sent = traffic();
    await store(client, sent);
    expect(findInFolder(data, held(sent))).toContain('envelope');
    clock.advance(2 * HOUR_MS);
    await relay.purge();
    const { envelope: small, largeEnvelope, envelopeHash, piece, pieceName, deleteHash } = held(sent);
    const expired = { small, largeEnvelope, envelopeHash, piece, pieceName, deleteHash };
    await expect.poll(() => findInFolder(data, expired), { timeout: 10_000 }).toEqual([]);
    clock.advance(27 * 7 * 24 * HOUR_MS);
    await relay.purge();
    await expect.poll(() => findInFolder(data, held(sent)), { timeout: 10_000 }).toEqual([]);
  });

  test('a restart keeps what was not acknowledged', async () => {
    const data = join(folder(), 'data');
    const tokenFile = join(folder(), 'token');
    writeFileSync(tokenFile, TOKEN);
    const sent = traffic();
    const first = await spawnRelay(data, tokenFile);
    await store(await Client.connect(first.url), sent);
    const second = spawn(
      process.execPath,
      ['--conditions=@secret-chat/source', '--import=tsx', 'src/program.ts', '--port', '0', '--data', data],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
    const complaint: Buffer[] = [];
    second.stderr.on('data', (bytes: Buffer) => complaint.push(bytes));
    expect((await once(second, 'close'))[0]).toBe(1);
    expect(Buffer.concat(complaint).toString()).toMatch(/^relay fatal: /);
    const closed = once(first.child, 'close');
    first.child.kill('SIGTERM');
    await closed;

    const again = await spawnRelay(data, tokenFile);
    const client = await Client.connect(again.url);
    expect(await client.subscribe(sent.owner)).toEqual(ok);
    await client.next('drained');
    expect(client.of('envelope').map((frame) => Buffer.from(sha256(frame.envelope)).toString('hex'))).toEqual(
      sent.envelopes.map((bytes) => Buffer.from(sha256(bytes)).toString('hex')),
    );
    client.end();
  });
});
