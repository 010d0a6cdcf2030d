import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { heldIn } from './contract-mailboxes.ts';
import { createSqlite, openIn, temporaryFolder } from './folders.ts';
import { cardOf, collect, envelopeOf, hex, inBlocks, NOW, named, pieceOf, WEEK } from './samples.ts';

const MIB = 1024 * 1024;

/** A file system of its own with `size` bytes; `undefined` where this process may not mount one. */
function smallDisk(size: number): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Leaves no byte free; gives what frees them again. */
function fillDisk(disk: string): () => void {
  const filler = path.join(disk, 'filler');
  for (let size = 16 * MIB; size > 0; size = Math.floor(size / 2)) {
    try {
      writeFileSync(filler, new Uint8Array(size), { flag: 'a' });
    } catch {}
  }
  return () => rmSync(filler);
}

const disk = describe.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0);

disk('a full disk (needs root to mount a small one)', () => {
  test('rejects with UNAVAILABLE, changes nothing, and goes on when there is room', async (context) => {
    const mounted = smallDisk(12 * MIB);
    if (mounted === undefined) {
      context.skip('this process may not mount a tmpfs');
      return;
    }
    const folder = path.join(mounted, 'data');
    const store = await openIn(folder);
    const mailbox = named('alice');
    await store.openMailbox(mailbox, NOW + WEEK, NOW);
    const items = Array.from({ length: 600 }, (_, i) => envelopeOf('alice', `${i}`, NOW + WEEK));
    expect(await store.append(items.slice(0, 100), NOW)).toEqual(items.slice(0, 100).map(() => 'stored'));
    const makeRoom = fillDisk(mounted);

    const stored = new Set(items.slice(0, 100));
    const appends = items.slice(100).map((item) => store.append([item], NOW));
    // In a group with what fails, and needs no room.
    expect(await store.hasMailbox(mailbox, NOW)).toBe(true);
    const settled = await Promise.allSettled(appends);
    for (const [i, result] of settled.entries()) {
      if (result.status === 'fulfilled') {
        expect(result.value).toEqual(['stored']);
        stored.add(items[100 + i] as (typeof items)[number]);
      } else {
        expect(result.reason).toMatchObject({ code: 'UNAVAILABLE' });
      }
    }
    expect(settled.some(({ status }) => status === 'rejected')).toBe(true);
    await expect(store.append(items, NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.putCard(cardOf('invite', 'owner', 40), NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const piece = pieceOf('a', MIB, NOW + WEEK);
    await expect(store.putPiece(piece, inBlocks(piece.bytes), NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });

    const expected = items.filter((item) => stored.has(item)).map(({ hash }) => hex(hash));
    expect(await heldIn(store, mailbox)).toEqual(expected);
    expect(await store.totals()).toMatchObject({
      envelopes: stored.size,
      envelopeBytes: stored.size * 4096,
      pieces: 0,
      cards: 0,
    });

    makeRoom();
    expect(await store.putPiece(piece, inBlocks(piece.bytes), NOW)).toBe('stored');
    expect(await store.putCard(cardOf('invite', 'owner', 40), NOW)).toEqual({ prekeys: 40 });
    const again = await store.append(items, NOW);
    expect(again).toEqual(items.map((item) => (stored.has(item) ? 'duplicate' : 'stored')));
    await store.close();
    const reopened = await openIn(folder);
    expect(new Set(await heldIn(reopened, mailbox))).toEqual(new Set(items.map(({ hash }) => hex(hash))));
    const found = await reopened.getPiece(piece.piece, NOW);
    expect(Buffer.compare(await collect(found?.read(0, MIB) ?? []), piece.bytes)).toBe(0);
  });
});

/** Opens a store, with its thread. */
async function withThread() {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  const { store, folder } = await createSqlite();
  await store.openMailbox(named('alice'), NOW + WEEK, NOW);
  const worker = posted.mock.contexts.at(-1) as Worker;
  posted.mockRestore();
  // Read after what was sent before, it is what the thread does not expect.
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  return { store, folder, exit, kill: () => worker.postMessage(null) };
}

describe('a thread that died', () => {
  test('rejects what waits and what comes later, and the store can be closed', async () => {
    const { store, kill } = await withThread();
    const waiting = Array.from({ length: 3000 }, () => store.hasMailbox(named('alice'), NOW));
    await waiting[0];
    kill();
    const results = await Promise.allSettled(waiting);
    const codes = results.map((result) => (result.status === 'fulfilled' ? 'ok' : result.reason.code));
    expect(new Set(codes)).toEqual(new Set(['ok', 'UNAVAILABLE']));
    await expect(store.append([envelopeOf('alice', 'later')], NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.getPiece(named('piece'), NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.purge({ now: NOW, maxItems: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await store.failed).toMatchObject({
      name: 'StoreError',
      code: 'UNAVAILABLE',
      message: expect.stringContaining('the store cannot be used any more: its thread failed'),
    });
    await store.close();
    await expect(store.totals()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('ends an upload that is under way, and leaves nothing of it', async () => {
    const { store, folder, exit, kill } = await withThread();
    const piece = pieceOf('a');
    async function* slowly() {
      yield piece.bytes.subarray(0, 1);
      kill();
      await exit;
      yield piece.bytes.subarray(1);
    }
    await expect(store.putPiece(piece, slowly(), NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(readdirSync(path.join(folder, 'incoming'))).toEqual([]);
    await store.close();
    expect(await (await openIn(folder)).getPiece(piece.piece, NOW)).toBeUndefined();
  });

  test('loses nothing that was answered', async () => {
    const { store, folder, exit, kill } = await withThread();
    const item = envelopeOf('alice', 'a');
    await store.append([item], NOW);
    kill();
    await exit;
    expect(await heldIn(await openIn(folder), named('alice'))).toEqual([hex(item.hash)]);
  });
});
