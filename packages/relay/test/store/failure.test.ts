import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
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
    const settled = await Promise.allSettled(items.slice(100).map((item) => store.append([item], NOW)));
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

describe('a thread that died', () => {
  test('rejects what is under way and what comes later, and the store can be closed', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    onTestFinished(() => posted.mockRestore());
    const { store } = await createSqlite();
    await store.openMailbox(named('alice'), NOW + WEEK, NOW);
    const worker = posted.mock.contexts.at(-1) as Worker;
    const underWay = Array.from({ length: 1000 }, (_, i) => store.append([envelopeOf('alice', `${i}`)], NOW));
    const piece = pieceOf('a');
    async function* slowly() {
      yield piece.bytes.subarray(0, 1);
      await worker.terminate();
      yield piece.bytes.subarray(1);
    }
    const upload = store.putPiece(piece, slowly(), NOW);
    await expect(upload).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    for (const result of await Promise.allSettled(underWay)) {
      expect(result.status === 'fulfilled' || result.reason.code === 'UNAVAILABLE').toBe(true);
    }
    await expect(store.append([envelopeOf('alice', 'later')], NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.getPiece(piece.piece, NOW)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.purge({ now: NOW, maxItems: 1 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await store.close();
    await expect(store.totals()).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('loses nothing that was answered', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage');
    onTestFinished(() => posted.mockRestore());
    const { store, folder } = await createSqlite();
    await store.openMailbox(named('alice'), NOW + WEEK, NOW);
    const item = envelopeOf('alice', 'a');
    await store.append([item], NOW);
    await (posted.mock.contexts.at(-1) as Worker).terminate();
    const reopened = await openIn(folder);
    expect(await heldIn(reopened, named('alice'))).toEqual([hex(item.hash)]);
  });
});
