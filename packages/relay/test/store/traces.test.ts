import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EnvelopeItem, RelayStore } from '../../src/store/relay-store.ts';
import { createSqlite } from './folders.ts';
import { cardOf, envelopeOf, HOUR, inBlocks, NOW, named, pieceOf, WEEK } from './samples.ts';

/** Enough that pages are split, merged and moved. */
const ENVELOPES = 3000;
const BOXES = 40;

interface Trace {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Every file of the folder, as one. */
function rawBytes(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Buffer.concat(files.map(({ parentPath, name }) => readFileSync(path.join(parentPath, name))));
}

/** Four snippets of a body, one of them in the part that SQLite keeps in the leaf of its tree. */
function snippets(what: string, body: Uint8Array): Trace[] {
  return [0, 200, 1000, body.length - 32].map((at) => ({
    what: `${what} at ${at}`,
    bytes: body.subarray(at, at + 32),
  }));
}

function tracesOf({ mailbox, hash, envelope }: EnvelopeItem, what: string): Trace[] {
  return [
    { what: `mailbox of ${what}`, bytes: mailbox },
    { what: `hash of ${what}`, bytes: hash },
    ...snippets(what, envelope),
  ];
}

function keyed(traces: readonly Trace[]): Map<number, Trace[]> {
  const byKey = new Map<number, Trace[]>();
  for (const trace of traces) {
    const key = new DataView(trace.bytes.buffer, trace.bytes.byteOffset).getUint32(0);
    byKey.set(key, [...(byKey.get(key) ?? []), trace]);
  }
  return byKey;
}

/** Which of `traces` are in `raw`: one pass over it, with the first 4 bytes of each trace as the key. */
function found(traces: readonly Trace[], raw: Buffer): string[] {
  const byKey = keyed(traces);
  const hits = new Set<string>();
  let key = 0;
  for (let at = 0; at < raw.length; at += 1) {
    key = ((key << 8) | (raw[at] as number)) >>> 0;
    for (const { what, bytes } of byKey.get(key) ?? []) {
      if (raw.subarray(at - 3, at - 3 + bytes.length).equals(bytes)) {
        hits.add(what);
      }
    }
  }
  return [...hits];
}

async function fill(store: RelayStore): Promise<EnvelopeItem[]> {
  const boxes = Array.from({ length: BOXES }, (_, i) => `box ${i}`);
  for (const box of boxes) {
    await store.openMailbox(named(box), NOW + WEEK, NOW);
  }
  const items = Array.from({ length: ENVELOPES }, (_, i) =>
    envelopeOf(
      boxes[(i * 7) % BOXES] as string,
      `${i}`,
      NOW + ((i * 13) % 24) * HOUR + HOUR,
      i % 10 === 0 ? 16_384 : 4096,
    ),
  );
  for (let at = 0; at < items.length; at += 50) {
    await store.append(items.slice(at, at + 50), NOW);
  }
  return items;
}

const card = cardOf('invite', 'owner', 20);
const cardTraces = [
  { what: 'invite', bytes: card.inviteId },
  { what: 'owner', bytes: card.owner },
  ...snippets('card', card.card),
  ...card.prekeys.flatMap((prekey, i) => snippets(`prekey ${i}`, prekey)),
];

describe('traces in the raw files', () => {
  test('before anything is removed there are bodies and hashes, and the search finds them', async () => {
    const { store, folder } = await createSqlite();
    const items = await fill(store);
    await store.putCard(card, NOW);
    await store.checkpoint();
    const traces = items.slice(0, 20).flatMap((item, i) => tracesOf(item, `${i}`).slice(1, 4));
    expect(found([...traces, ...cardTraces.slice(0, 3)], rawBytes(folder))).toHaveLength(traces.length + 3);
    await store.close();
  });

  test('nothing is left of what was acknowledged, after a checkpoint', async () => {
    const { store, folder } = await createSqlite();
    const items = await fill(store);
    // Half of them, in an order of its own, while new ones come.
    const acked = items.filter((_, i) => i % 2 === 0);
    for (const [i, item] of acked.entries()) {
      void store.ack(item.mailbox, [item.hash]);
      if (i % 3 === 0) {
        await store.append([envelopeOf('box 0', `late ${i}`)], NOW);
      }
    }
    await store.checkpoint();
    const traces = acked.flatMap((item, i) => tracesOf(item, `${i}`).slice(1));
    expect(found(traces, rawBytes(folder))).toEqual([]);
    expect(statSync(path.join(folder, 'relay.sqlite-wal')).size).toBe(0);
  });

  test('nothing is left of removed mailboxes, cards and pieces, after a checkpoint', async () => {
    const { store, folder } = await createSqlite();
    const items = await fill(store);
    await store.putCard(card, NOW);
    for (let i = 0; i < 10; i += 1) {
      await store.takePrekey(card.inviteId, NOW);
    }
    const piece = pieceOf('a');
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
    await store.removePiece(piece.piece, piece.deleteHash);
    await store.removeCard(card.inviteId, card.owner);
    for (let i = 0; i < BOXES; i += 2) {
      await store.removeMailbox(named(`box ${i}`));
    }
    await store.checkpoint();
    const raw = rawBytes(folder);
    const removed = new Set(
      Array.from({ length: BOXES / 2 }, (_, i) => Buffer.from(named(`box ${2 * i}`)).toString('hex')),
    );
    const gone = items.filter(({ mailbox }) => removed.has(Buffer.from(mailbox).toString('hex')));
    expect(gone.length).toBeGreaterThan(ENVELOPES / 3);
    expect(
      found(
        gone.flatMap((item, i) => tracesOf(item, `${i}`)),
        raw,
      ),
    ).toEqual([]);
    expect(found(cardTraces, raw)).toEqual([]);
    const pieceTraces = [
      { what: 'token', bytes: piece.deleteHash },
      { what: 'name', bytes: piece.piece },
      ...snippets('piece', piece.bytes),
    ];
    expect(found(pieceTraces, raw)).toEqual([]);
    const names = readdirSync(folder, { recursive: true }).join('\n');
    expect(names).not.toContain(Buffer.from(piece.piece).toString('hex'));
  });

  test('nothing is left of what was purged, nor of the piece’s folder; and the purge empties the log itself', async () => {
    const { store, folder } = await createSqlite();
    const items = await fill(store);
    await store.putCard(card, NOW);
    const piece = pieceOf('a', 65_536, NOW + 3 * HOUR);
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
    await store.purge({ now: NOW + 12 * HOUR, maxItems: 1_000_000 });
    const gone = items.filter(({ expiresAt }) => expiresAt <= NOW + 12 * HOUR);
    expect(gone.length).toBeGreaterThan(ENVELOPES / 3);
    const purged = rawBytes(folder);
    expect(
      found(
        gone.flatMap((item, i) => tracesOf(item, `${i}`).slice(1)),
        purged,
      ),
    ).toEqual([]);
    expect(found(snippets('piece', piece.bytes), purged)).toEqual([]);
    expect(readdirSync(path.join(folder, 'pieces'))).toEqual([]);
    await store.purge({ now: NOW + WEEK, maxItems: 1_000_000 });
    const raw = rawBytes(folder);
    expect(found([...items.flatMap((item, i) => tracesOf(item, `${i}`)), ...cardTraces], raw)).toEqual([]);
    await store.close();
    expect(readdirSync(folder)).not.toContain('relay.sqlite-shm');
  });

  test('only the owner can look into the folder, and files carry their expiry as their time', async () => {
    const { store, folder } = await createSqlite();
    const piece = pieceOf('a');
    await store.putPiece(piece, inBlocks(piece.bytes), NOW);
    const found = await store.getPiece(piece.piece, NOW);
    for await (const _ of found?.read(0, 10) ?? []) {
    }
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(path.join(entry.parentPath, entry.name));
      expect([entry.name, (mode & 0o777).toString(8)]).toEqual([entry.name, entry.isFile() ? '600' : '700']);
    }
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    const hour = path.join(folder, 'pieces', String(piece.expiresAt / HOUR));
    const file = statSync(path.join(hour, Buffer.from(piece.piece).toString('hex')));
    expect(file.mtime.getTime() / 1000).toBe(piece.expiresAt);
    expect(file.atime.getTime() / 1000).toBe(piece.expiresAt);
    expect(statSync(hour).mtime.getTime() / 1000).toBe(piece.expiresAt);
  });
});
