/** What was destroyed is in no byte of any file, and in no record: neither what was said, nor the keys that sealed it. */

import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { temporaryFolder } from '../store/folders.ts';
import { foundIn, type Trace } from '../store/traces.ts';
import { type Person, World } from '../support/people.ts';
import { deadParts, Recorder } from '../support/recording-store.ts';

const CANARY = 'canary-7f3a9c';
const MINUTE = 60_000;

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
      const dead = await deadParts(watched.recorder, watched.folder);
      expect(dead.length).toBeGreaterThan(50);
      expect(foundIn(watched.folder, [canary, ...dead])).toEqual([]);
    }
  });
});
