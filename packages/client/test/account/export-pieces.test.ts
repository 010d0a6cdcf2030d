/** Pieces in a copy of everything that relays hold. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { ClientError, fetchPieceTransport, memoryBlobs, type RelayExport } from '../../src/index.ts';
import { nodePieceTransport } from '../../src/node/piece-transport.ts';
import { type Pair, pair, sample, until } from '../media/pair.ts';
import { Gate, held, WatchedPieces } from '../media/watched-pieces.ts';
import { MemoryPieces } from '../support/memory-pieces.ts';
import { World } from '../support/people.ts';

const MIB = 1_048_576;
const UNIT = 65_536;

/** As it comes back from a file. */
function written(data: RelayExport): RelayExport {
  return JSON.parse(JSON.stringify(data)) as RelayExport;
}

function ids({ pieces }: RelayExport): string[] {
  return pieces.map(({ id }) => id).sort();
}

/** What the relay has under an id, read as the words say. */
async function readAtRelay({ relay }: Pair, id: string): Promise<string> {
  const answer = await fetch(`${(relay.origins[0] as string).replace('ws', 'http')}/piece/${id}`);
  return Buffer.from(await answer.arrayBuffer()).toString('base64');
}

describe('on a real relay', () => {
  test('pieces of a file that was sent are there with their bytes until the other side has it', async () => {
    const pieces = new WatchedPieces();
    const both = await pair({ sender: { pieces }, receiver: { autoFetchBytes: 0 } });
    const { sender, receiver, relay } = both;
    const { n } = await sender.chat.sendFile(sample(MIB + 200_000), { name: 'a' });
    await receiver.untilFile('remote');
    const data = written(await sender.device.exportRelayData());
    expect(data.unreachable).toEqual([]);
    expect(data.relays).toEqual(relay.origins.slice(0, 1));
    expect(ids(data)).toEqual((await held(relay.origins[0] as string, pieces.stored)).sort());
    expect(new Set(data.pieces.map(({ size }) => size))).toEqual(new Set([MIB, UNIT]));
    for (const { id, size, bytes, of, keptUntil } of data.pieces) {
      expect(of).toEqual({ chat: 1, message: n });
      expect(Buffer.from(bytes ?? '', 'base64').length).toBe(size);
      expect(bytes).toBe(await readAtRelay(both, id));
      const days = (Date.parse(keptUntil ?? '') - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(6.9);
      expect(days).toBeLessThan(7.1);
    }
    // The receiver put none.
    expect((await receiver.device.exportRelayData()).pieces).toEqual([]);
    await receiver.chat.fetchFile((await receiver.file()).n);
    await sender.untilFile('fetched');
    await until(
      async () => (await held(relay.origins[0] as string, pieces.puts)).length === 0 || undefined,
      'no piece',
    );
    expect((await sender.device.exportRelayData()).pieces).toEqual([]);
  });

  test('a large file is listed, and its bytes are at the relay under its ids', async () => {
    const pieces = new WatchedPieces();
    const both = await pair({ sender: { pieces, files: memoryBlobs() }, receiver: { autoFetchBytes: 0 } });
    const { sender, receiver } = both;
    await sender.chat.sendFile(sample(17 * MIB), { name: 'film' });
    await sender.chat.sendFile(sample(100_000), { name: 'photo' });
    await receiver.untilFile('remote', 2);
    const data = written(await sender.device.exportRelayData());
    expect(ids(data)).toEqual([...pieces.stored].sort());
    const [film, photo] = [1, 2].map((file) => {
      const messages = [...new Set(data.pieces.map(({ of }) => ('message' in of ? of.message : 0)))].sort(
        (a, b) => a - b,
      );
      return data.pieces.filter(({ of }) => 'message' in of && of.message === messages[file - 1]);
    });
    expect(film?.every(({ bytes }) => bytes === undefined)).toBe(true);
    expect(photo?.every(({ bytes }) => bytes !== undefined)).toBe(true);
    expect(JSON.stringify(data).length).toBeLessThan(MIB);
    const [first] = film ?? [];
    expect(await readAtRelay(both, first?.id ?? '')).toBe(
      Buffer.from(pieces.uploads.get(first?.id ?? '') ?? []).toString('base64'),
    );
  });

  test('a file that goes up: what the relay has by now', async () => {
    const pieces = new WatchedPieces();
    const gate = new Gate();
    pieces.before = (what) => (what === 'put' ? gate.pass() : undefined);
    const { sender } = await pair({ sender: { pieces } });
    await sender.chat.sendFile(sample(10 * MIB), { name: 'a' });
    gate.open(3);
    await until(() => pieces.stored.length === 3 || undefined, 'three pieces');
    const data = await sender.device.exportRelayData();
    expect(ids(data)).toEqual([...pieces.stored].sort());
    expect(data.unreachable).toEqual([]);
    gate.open();
  });
});

describe('in the rig', () => {
  async function scene() {
    const world = await World.create();
    const relay = new MemoryPieces();
    const line = relay.line();
    const alice = await world.open('Alice', { device: { pieces: line } });
    const bob = await world.open('Bob', { device: { pieces: relay.line(), autoFetchBytes: 0 } });
    await world.meet(alice, bob);
    await alice.chat().sendFile(sample(9 * UNIT), { name: 'a' });
    await world.until(async () => (await bob.history()).some(({ kind }) => kind === 'file'));
    return { world, alice, relay, line };
  }

  test('what is to be deleted and is not yet is there too, after a restart as well', async () => {
    const { world, alice, relay, line } = await scene();
    line.isReachable = false;
    const [file] = (await alice.history()).filter(({ kind }) => kind === 'file');
    await alice.chat().deleteMessages(file?.n ?? 0);
    await world.advance(1_000);
    const next = relay.line();
    next.before = (what) => (what === 'remove' ? new Promise(() => {}) : undefined);
    const again = await alice.reopen({ device: { pieces: next } });
    const data = written(await world.run(again.device.exportRelayData()));
    expect(ids(data)).toEqual([...relay.held.keys()].sort());
    expect(data.pieces.every(({ of, bytes }) => 'closing' in of && bytes !== undefined)).toBe(true);
  });

  test('a relay that cannot be reached is asked no more than its lanes, and the file is named', async () => {
    const { world, alice, line } = await scene();
    line.isReachable = false;
    const data = await world.run(alice.device.exportRelayData());
    expect(data.pieces).toEqual([]);
    expect(data.unreachable).toEqual([
      {
        relay: 'wss://one.test',
        what: expect.stringMatching(/^pieces of message \d in chat 1: 10 of 10$/),
        why: 'RELAY_UNREACHABLE',
      },
    ]);
    expect(line.count('head')).toBeLessThanOrEqual(4);
  });

  test('a piece that the relay does not have is not counted, though the relay fails meanwhile', async () => {
    const { world, alice, line, relay } = await scene();
    const gate = new Gate();
    let heads = 0;
    line.before = (what, id) => {
      heads += what === 'head' ? 1 : 0;
      if (heads === 1) {
        relay.held.delete(id);
        return gate.pass();
      }
      setImmediate(() => gate.open());
      throw new ClientError('RELAY_UNREACHABLE', 'there is no line');
    };
    const data = await world.run(alice.device.exportRelayData());
    expect(data.unreachable.map(({ what }) => what)).toEqual([expect.stringMatching(/: 9 of 10$/)]);
  });

  test('a relay that is silent does not keep others from being asked', async () => {
    const { world, alice, line } = await scene();
    const { session } = alice.chat() as LiveChat;
    const pieces = Array.from({ length: 9 }, (_, i) => ({
      id: new Uint8Array(32).fill(i),
      deleteToken: new Uint8Array(32).fill(99),
    }));
    await session.context.transfers.media.errands.hold({ relay: 'wss://two.test', pieces });
    line.head = ({ relay, signal }) =>
      relay === 'wss://two.test' && signal?.aborted === false
        ? Promise.resolve(UNIT)
        : new Promise((_, reject) => {
            const stopped = () => reject(new ClientError('ABORTED', 'a transfer was stopped'));
            signal?.addEventListener('abort', stopped);
            if (signal?.aborted === true) {
              stopped();
            }
          });
    line.get = async () => new Uint8Array(UNIT);
    const data = await world.run(alice.device.exportRelayData());
    expect(data.pieces.map(({ relay }) => relay)).toEqual(pieces.map(() => 'wss://two.test'));
    expect(data.unreachable.map(({ relay }) => relay)).toEqual(['wss://one.test']);
  });

  test('a relay that gives other sizes cannot make the export larger', async () => {
    const { world, alice, line } = await scene();
    line.head = async () => MIB;
    const data = await world.run(alice.device.exportRelayData());
    expect(data.pieces).toEqual([]);
    expect(data.unreachable.map(({ why }) => why)).toEqual(['RELAY_MISBEHAVED']);
    expect(line.count('get')).toBe(0);
  });

  test('what did not come in time is named, and the rest is there', async () => {
    const { world, alice, line, relay } = await scene();
    let heads = 0;
    line.before = (what) => {
      heads += what === 'head' ? 1 : 0;
      return heads > 6 ? new Promise(() => {}) : undefined;
    };
    const data = await world.run(alice.device.exportRelayData());
    const [missed] = data.unreachable;
    expect(missed).toMatchObject({ why: 'RELAY_UNREACHABLE' });
    expect(data.pieces.length).toBeGreaterThan(0);
    expect(missed?.what).toContain(`: ${relay.held.size - data.pieces.length} of ${relay.held.size}`);
  });
});

test.each([
  ['fetch', () => fetchPieceTransport()],
  ['node', () => nodePieceTransport()],
])('%s: asks for the size of a piece alone, and takes nothing else for one', async (_, make) => {
  let answer: readonly [number, Record<string, string>] = [200, { 'content-length': String(UNIT) }];
  const methods: string[] = [];
  const server = createServer((request, response) => {
    methods.push(`${request.method} ${Object.keys(request.headers).filter((name) => name.startsWith('secret-chat'))}`);
    response.writeHead(...answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const pieces = make();
  const relay = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const head = () => pieces.head({ relay, id: new Uint8Array(32), isChosen: true });
  expect(await head()).toBe(UNIT);
  for (const [next, expected] of [
    [[200, { 'content-length': '65537' }], { code: 'RELAY_MISBEHAVED' }],
    [[200, { 'transfer-encoding': 'chunked' }], { code: 'RELAY_MISBEHAVED' }],
    [[204, {}], { code: 'RELAY_MISBEHAVED' }],
    [[404, {}], { relayCode: 'GONE' }],
    [[429, { 'retry-after': '2' }], { relayCode: 'RATE_LIMITED', retryAfterMs: 2000 }],
  ] as const) {
    answer = next;
    await expect(head()).rejects.toMatchObject(expected);
  }
  expect(new Set(methods)).toEqual(new Set(['HEAD ']));
  pieces.close();
});
