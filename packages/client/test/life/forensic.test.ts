/** What was destroyed is in no byte of any file, and in no record: neither what was said, nor the keys that sealed it. */

import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import type { Batch, Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../store/folders.ts';
import { foundIn, type Trace } from '../store/traces.ts';
import { type Person, World } from '../support/people.ts';

const CANARY = 'canary-7f3a9c';
const MINUTE = 60_000;

/** Remembers the beginning of every value that was ever stored. */
class Recorder implements Store {
  readonly ever = new Map<string, Uint8Array>();
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  batch(batch: Batch): Promise<void> {
    for (const { value } of batch.put ?? []) {
      const part = value.slice(0, 32);
      this.ever.set(Buffer.from(part).toString('hex'), part);
    }
    return this.#store.batch(batch);
  }

  get: Store['get'] = (name) => this.#store.get(name);
  range: Store['range'] = (query) => this.#store.range(query);
  close = (): Promise<void> => this.#store.close();
}

interface Watched {
  readonly person: Person;
  readonly folder: string;
  readonly recorder: Recorder;
}

async function open(world: World, name: string): Promise<Watched> {
  const folder = await temporaryFolder();
  const recorder = new Recorder(await openSqliteStore(folder));
  return { person: await world.open(name, { wrap: () => recorder }), folder, recorder };
}

/** Parts of values that were stored once, and are not any more. */
async function deadParts({ folder, recorder }: Watched): Promise<Trace[]> {
  const store = await openSqliteStore(folder);
  const live = await store.range({ from: new Uint8Array(24), to: new Uint8Array(24).fill(255) });
  await store.close();
  const kept = new Set(live.map(({ value }) => Buffer.from(value.subarray(0, 32)).toString('hex')));
  return [...recorder.ever].filter(([hex]) => !kept.has(hex)).map(([what, bytes]) => ({ what, bytes }));
}

const canary: Trace = { what: 'canary', bytes: new TextEncoder().encode(CANARY) };

async function talk() {
  const world = await World.create();
  const [alice, bob] = [await open(world, 'Alice'), await open(world, 'Bob')];
  await world.meet(alice.person, bob.person, `${CANARY} request`);
  for (let i = 0; i < 5; i++) {
    await alice.person.chat().sendText(`${CANARY} from alice ${i}`);
    await bob.person.chat().sendText(`${CANARY} from bob ${i}`, { replyTo: 1 });
  }
  await bob.person.chat().rename(`${CANARY} a name`);
  await world.until(() => alice.person.heard().length >= 5 && bob.person.heard().length >= 5);
  await world.advance(MINUTE);
  return { world, alice, bob };
}

describe.each([
  ['clearing a history', async ({ person }: Watched) => person.chat().clear()],
  [
    'deleting every message',
    async ({ person }: Watched) => person.chat().deleteMessages((await person.history()).map(({ n }) => n)),
  ],
  ['ending the chat', async ({ person }: Watched) => person.chat().end()],
])('%s', (_, destroy) => {
  test('leaves nothing of it in the files of either device', async () => {
    const { world, alice, bob } = await talk();
    for (const { folder, recorder } of [alice, bob]) {
      // Before, only ciphertext: what is stored is there, what was said is not.
      expect(foundIn(folder, [canary])).toEqual([]);
      expect(recorder.ever.size).toBeGreaterThan(50);
    }
    await destroy(alice);
    await world.advance(10 * MINUTE);
    expect(bob.person.chats.length === 0 || (await bob.person.history()).length === 0).toBe(true);
    for (const { person } of [alice, bob]) {
      await world.run(person.close());
    }
    for (const watched of [alice, bob]) {
      const dead = await deadParts(watched);
      expect(dead.length).toBeGreaterThan(50);
      expect(foundIn(watched.folder, [canary, ...dead])).toEqual([]);
    }
  });
});
