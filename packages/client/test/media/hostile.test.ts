/** Descriptors that somebody made to do harm, and where they may not lead. */

import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import type { FileDescriptor } from '@secret-chat/crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { enqueueContent } from '../../src/delivery/sealing.ts';
import { fetchPieceTransport } from '../../src/index.ts';
import { isPrivateAddress, isPrivateHost } from '../../src/link/piece-address.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { pair, until } from './pair.ts';
import { WatchedPieces } from './watched-pieces.ts';

const ID = new Uint8Array(32).fill(7);
const DESCRIPTOR: FileDescriptor = {
  key: new Uint8Array(32).fill(1),
  size: 10,
  name: 'a',
  mediaType: 'image/webp',
  relay: 'wss://relay.example',
  expiresAt: 2_000_000_000,
};

async function say(chat: unknown, file: Partial<FileDescriptor>): Promise<void> {
  const live = chat as LiveChat;
  await live.session.change(
    (change) => void enqueueContent(change, { type: 'file', file: { ...DESCRIPTOR, ...file } }),
  );
  live.kick();
}

test.each([
  ['wss://10.0.0.1'],
  ['wss://192.168.1.1:8443'],
  ['wss://169.254.169.254'],
  ['wss://[fd00::1]'],
  ['wss://[::ffff:a00:1]'],
  ['wss://127.0.0.1:1'],
  ['wss://localhost'],
  ['wss://router'],
  ['wss://printer.local'],
  ['ws://relay.example'],
  ['ws://127.0.0.1:1'],
])('a file on %s is never asked for by itself, and refused when the user asks', async (relay) => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ receiver: { pieces } });
  await say(sender.chat, { relay });
  const { n } = await receiver.untilFile('remote');
  expect(pieces.gets).toEqual([]);
  await expect(receiver.chat.fetchFile(n)).rejects.toMatchObject({ code: 'RELAY_FORBIDDEN' });
  await expect(receiver.chat.openFile(n)).rejects.toMatchObject({ code: 'RELAY_FORBIDDEN' });
});

test('a small file on a foreign relay waits for the user', async () => {
  const pieces = new WatchedPieces();
  const { sender, receiver } = await pair({ receiver: { pieces } });
  await say(sender.chat, { relay: 'wss://elsewhere.example' });
  expect((await receiver.untilFile('remote')).file.relay).toBe('wss://elsewhere.example');
  expect(pieces.gets).toEqual([]);
});

test('the largest size is no reason to fetch anything', async () => {
  const { sender, receiver } = await pair();
  await say(sender.chat, { size: 2 ** 36 });
  await receiver.untilFile('remote');
  await expect(say(sender.chat, { size: 2 ** 36 + 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(say(sender.chat, { preview: new Uint8Array(65) })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(say(sender.chat, { relay: 'https://relay.example' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  });
});

test('answers to files that were never sent, or not by this side, do nothing', async () => {
  const { sender, receiver } = await pair();
  const live = receiver.chat as LiveChat;
  await live.session.change((change) => {
    enqueueContent(change, { type: 'fetched', seq: 1 });
    enqueueContent(change, { type: 'fetched', seq: 77 });
    enqueueContent(change, { type: 'needPieces', seq: 2, ranges: [{ from: 0, to: Number.MAX_SAFE_INTEGER }] });
  });
  live.kick();
  await receiver.chat.sendText('after');
  await until(async () => (await sender.chat.messages()).some((m) => m.kind === 'text') || undefined, 'the text');
});

test('every address that a name resolves to is looked at, unless the user chose the relay', async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const answers =
    (...addresses: string[]): LookupFunction =>
    (_hostname, options, callback) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      if (options.all === true) {
        callback(null, found);
      } else {
        callback(null, found[0]?.address ?? '', found[0]?.family);
      }
    };
  for (const addresses of [['127.0.0.1'], ['93.184.215.14', '10.0.0.1'], ['fe80::1'], []]) {
    const pieces = nodePieceTransport({ lookup: answers(...addresses) });
    const relay = `wss://rebound.example:${port}`;
    await expect(pieces.get({ relay, id: ID, isChosen: false }, 65_536)).rejects.toMatchObject({
      code: 'RELAY_FORBIDDEN',
    });
    pieces.close();
  }
  expect(asked).toEqual([]);
  const chosen = nodePieceTransport();
  await expect(chosen.get({ relay: `ws://127.0.0.1:${port}`, id: ID, isChosen: true }, 65_536)).rejects.toMatchObject({
    relayCode: 'GONE',
  });
  chosen.close();
  expect(asked).toHaveLength(1);
});

test.each([
  ['fetch', () => fetchPieceTransport()],
  ['node', () => nodePieceTransport()],
])('%s: redirects, floods and short answers are no pieces', async (_, make) => {
  let answer: 'redirect' | 'flood' | 'short' | 'words' | 'hangup' = 'redirect';
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    switch (answer) {
      case 'redirect':
        response.writeHead(302, { location: '/elsewhere' }).end();
        return;
      case 'flood':
        response.writeHead(200);
        response.end(new Uint8Array(70_000));
        return;
      case 'short':
        response.end(new Uint8Array(100));
        return;
      case 'words':
        response.writeHead(418).end('I am a teapot');
        return;
      case 'hangup':
        response.socket?.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const relay = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pieces = make();
  const get = () => pieces.get({ relay, id: ID, isChosen: true }, 65_536);
  await expect(get()).rejects.toMatchObject({ code: expect.stringMatching(/RELAY_(MISBEHAVED|UNREACHABLE)/) });
  expect(paths).not.toContain('/elsewhere');
  for (const next of ['flood', 'short', 'words'] as const) {
    answer = next;
    await expect(get()).rejects.toMatchObject({ code: 'RELAY_MISBEHAVED' });
  }
  answer = 'hangup';
  await expect(get()).rejects.toMatchObject({ code: 'RELAY_UNREACHABLE' });
  await expect(
    pieces.get({ relay, id: ID, isChosen: true, signal: AbortSignal.abort() }, 65_536),
  ).rejects.toMatchObject({ code: 'ABORTED' });
  pieces.close();
});

test('addresses that are private, and those that are not', () => {
  for (const address of [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.1.1', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
    ...['192.0.2.1', '198.18.0.1', '203.0.113.9', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:127.0.0.1'],
    ...[
      'fe80::1%eth0',
      'fc00::1',
      'fdff::1',
      'ff02::1',
      '2001:db8::1',
      '2001::1',
      '64:ff9b::10.0.0.1',
      '2002:0a00:0001::',
    ],
    ...['', 'example.org', '1.2.3', '256.1.1.1', '1::2::3', '::ffff:8.8.8.8'],
  ]) {
    expect(isPrivateAddress(address), address).toBe(true);
  }
  for (const address of [
    '8.8.8.8',
    '93.184.215.14',
    '172.32.0.1',
    '2606:4700::1111',
    '64:ff9b::8.8.8.8',
    '2002:0808:0808::',
  ]) {
    expect(isPrivateAddress(address), address).toBe(false);
  }
  expect(isPrivateHost('[2606:4700::1111]')).toBe(false);
  expect(isPrivateHost('relay.example')).toBe(false);
});
