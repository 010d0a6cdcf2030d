/** Deleting an account while its files go up and down. */

import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type BlobStore, memoryBlobs } from '../../src/index.ts';
import { sample } from '../media/pair.ts';
import { Gate } from '../media/watched-pieces.ts';
import { KilledStore } from '../support/killed-store.ts';
import { MemoryPieces, type PieceLine } from '../support/memory-pieces.ts';
import { type Person, World } from '../support/people.ts';

const UNIT = 65_536;

interface Scene {
  readonly world: World;
  readonly alice: Person;
  readonly bob: Person;
  readonly relay: MemoryPieces;
  readonly line: PieceLine;
  readonly files: BlobStore;
  readonly store: KilledStore;
  readonly puts: Gate;
  /** What calls came to that were under way. */
  readonly results: Map<string, unknown>;
}

/** Blocks of a camera that is silent after the first. */
async function* silent(): AsyncGenerator<Uint8Array> {
  yield sample(300_000, 7);
  await new Promise(() => {});
}

/**
 * Of Alice's files one is on the relay, one goes up, one is being read from a source that is silent; and one of Bob's comes
 * down. Lanes are full of what waits at gates.
 */
async function scene(): Promise<Scene> {
  const world = await World.create();
  const relay = new MemoryPieces();
  const [line, bobs] = [relay.line(), relay.line()];
  const files = memoryBlobs();
  const puts = new Gate();
  const gets = new Gate();
  let store: KilledStore | undefined;
  const alice = await world.open('Alice', {
    wrap: (memory) => {
      store = new KilledStore(memory);
      return store;
    },
    device: { pieces: line, files, autoFetchBytes: 0 },
  });
  const bob = await world.open('Bob', { device: { pieces: bobs, files: memoryBlobs(), autoFetchBytes: 0 } });
  await world.meet(alice, bob);
  const results = new Map<string, unknown>();
  const note = (name: string, call: Promise<unknown>) =>
    call.then(
      () => results.set(name, 'done'),
      (error: { readonly code?: string }) => results.set(name, error.code ?? error),
    );
  await alice.chat().sendFile(sample(2 * UNIT), { name: 'up' });
  await bob.chat().sendFile(sample(3 * UNIT), { name: 'theirs' });
  const shown = async (name: string) =>
    (await alice.history()).find((entry) => entry.kind === 'file' && entry.file.name === name);
  await world.until(async () => {
    const [up, theirs] = [await shown('up'), await shown('theirs')];
    return up?.kind === 'file' && up.fileState === 'up' && theirs !== undefined;
  });
  line.before = (what) => (what === 'put' ? puts.pass() : what === 'get' ? gets.pass() : undefined);
  puts.open(2);
  gets.open(1);
  await alice.chat().sendFile(sample(9 * UNIT), { name: 'going up' });
  note('sendFile', alice.chat().sendFile(silent(), { name: 'read', size: 9 * UNIT }));
  note('fetchFile', alice.chat().fetchFile((await shown('theirs'))?.n ?? 0));
  await world.until(() => puts.waiting > 0 && puts.waiting + gets.waiting === 4);
  return { world, alice, bob, relay, line, files, store: store as KilledStore, puts, results };
}

describe('an account with files under way', () => {
  test('stops at once, and nothing is left: no piece, no blob', async () => {
    const all = await scene();
    const { world, alice, bob, line, puts, results, files } = all;
    expect(line.left).toBeGreaterThanOrEqual(4);
    const begun = line.count('put');
    const deleted = alice.device.deleteAccount();
    await world.advance(5_000);
    expect(alice.device.deleting).toBe(true);
    // What the relay is reading is waited for, and the rest of that file is not deleted before.
    expect(results.get('fetchFile')).toBe('WRONG_STATE');
    expect(line.left).toBeGreaterThan(0);
    expect(line.count('put')).toBe(begun);
    puts.open();
    expect(await world.run(deleted)).toEqual({ done: true, left: 0 });
    expect(results.get('sendFile')).toBe('WRONG_STATE');
    expect(line.count('put')).toBe(begun);
    expect(line.left).toBe(0);
    expect(await files.list()).toEqual([]);
    expect(alice.snapshot()).toEqual([]);
    await world.until(() => bob.chats.length === 0);
  });

  test('takes no file from then on', async () => {
    const all = await scene();
    const { world, alice, line } = all;
    const chat = alice.chat();
    const begun = line.count('put');
    void alice.device.deleteAccount().catch(() => {});
    await world.until(() => alice.device.deleting);
    let opened = 0;
    const source = {
      size: 99,
      stream: () => {
        opened += 1;
        return new Blob([sample(99) as BlobPart]).stream();
      },
    };
    for (const call of [chat.sendFile(source, { name: 'late' }), chat.sendPhoto(source)]) {
      await expect(call).rejects.toMatchObject({ code: 'WRONG_STATE' });
    }
    expect([opened, line.count('put')]).toEqual([0, begun]);
  });

  test('while its relay is out of reach: the next start deletes the pieces', async () => {
    const all = await scene();
    const { world, alice, line, puts, relay, files } = all;
    alice.goOffline();
    line.isReachable = false;
    puts.open();
    expect(await world.run(alice.device.deleteAccount())).toMatchObject({ done: false });
    expect(await files.list()).toEqual([]);
    expect(line.left).toBeGreaterThanOrEqual(4);
    await alice.close();
    const again = await alice.reopen({ device: { pieces: relay.line(), files }, isOnline: true });
    await world.until(() => again.told('deleted').length === 1, 300_000);
    expect(line.left).toBe(0);
    expect(again.snapshot()).toEqual([]);
  });

  test('closed while it waits for a relay that is reading a piece: the next start deletes that one, too', async () => {
    const all = await scene();
    const { world, alice, relay, line, files, puts } = all;
    void alice.device.deleteAccount().catch(() => {});
    await world.advance(5_000);
    const before = line.left;
    await alice.close();
    // The relay has read them all, and stores them now.
    puts.open();
    await world.advance(1_000);
    expect(line.left).toBeGreaterThan(before);
    const again = await alice.reopen({ device: { pieces: relay.line(), files } });
    await world.until(() => again.told('deleted').length === 1, 300_000);
    expect(line.left).toBe(0);
  });

  test('killed at any write: the next start deletes the pieces', { timeout: 300_000 }, async () => {
    for (let writes = 1; ; writes += 1) {
      const all = await scene();
      const { world, alice, bob, relay, store, line, puts, files } = all;
      store.dieAfter(writes);
      // A process that is gone asks a relay for nothing more.
      line.before = () => {
        line.isReachable &&= !store.isKilled;
      };
      puts.open();
      void alice.device.deleteAccount().catch(() => {});
      await world.advance(30_000);
      const isThrough = !store.isKilled;
      store.dieAfter(Number.POSITIVE_INFINITY);
      if (!isThrough) {
        const again = await alice
          .reopen({ wrap: (memory) => memory, device: { pieces: relay.line(), files } })
          .catch((error: { code: string }) => error.code);
        if (typeof again === 'string') {
          expect(again).toBe('STORE_ERASED');
        } else {
          await world.until(() => again.told('deleted').length === 1, 600_000);
        }
      }
      expect([writes, line.left, await files.list()]).toEqual([writes, 0, []]);
      for (const person of [alice, bob]) {
        person.kill();
      }
      await turn();
      if (isThrough) {
        expect(writes).toBeGreaterThan(5);
        return;
      }
    }
  });
});
