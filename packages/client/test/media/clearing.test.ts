/** What clearing a history does to files that are still going up. */

import { expect, test } from 'vitest';
import type { LiveChat } from '../../src/chat/live-chat.ts';
import { memoryBlobs } from '../../src/index.ts';
import { clearHistory, finishClearing } from '../../src/life/clearing.ts';
import { MemoryPieces } from '../support/memory-pieces.ts';
import { type Person, World } from '../support/people.ts';
import { sample } from './pair.ts';
import { Gate } from './watched-pieces.ts';

/** Alice has said something, and puts of hers wait at the gate. */
async function scene() {
  const world = await World.create();
  const relay = new MemoryPieces();
  const line = relay.line();
  const gate = new Gate();
  const files = memoryBlobs();
  line.before = (what) => (what === 'put' ? gate.pass() : undefined);
  const alice = await world.open('Alice', { device: { pieces: line, files } });
  const bob = await world.open('Bob', { device: { pieces: relay.line() } });
  await world.meet(alice, bob);
  await alice.chat().sendText('before');
  await world.advance(1_000);
  return { world, alice, bob, line, gate, files };
}

async function sendsFile({ world, alice, line }: Awaited<ReturnType<typeof scene>>): Promise<void> {
  await alice.chat().sendFile(sample(300_000), { name: 'a' });
  await world.until(() => line.count('put') > 0);
}

function sessionOf(person: Person) {
  return (person.chat() as LiveChat).session;
}

test('a file that goes up is cancelled when its sender clears: nothing is left, and the other side gets nothing', async () => {
  const all = await scene();
  const { world, alice, bob, line, gate, files } = all;
  await sendsFile(all);
  const cleared = alice.chat().clear();
  gate.open();
  await world.run(cleared);
  await world.advance(60_000);
  expect([await alice.read(), await bob.read()]).toEqual([[], []]);
  expect([line.left, await files.list()]).toEqual([0, []]);
  expect(alice.told('destroyed').map(({ why }) => why)).toEqual(['cleared', 'cleared']);
  expect(bob.told('message').filter(({ message }) => message.kind === 'file')).toEqual([]);
});

test('it goes on when the other side clears: they have not seen it', async () => {
  const all = await scene();
  const { world, alice, bob, gate } = all;
  await sendsFile(all);
  await world.run(bob.chat().clear());
  await world.advance(5_000);
  expect([await alice.read(), await bob.read()]).toEqual([['me: <file>'], []]);
  gate.open();
  await world.until(async () => (await bob.read()).length === 1);
  expect([await alice.read(), await bob.read()]).toEqual([['me: <file>'], ['them: <file>']]);
});

test('one that is all up while the history is being destroyed goes too; one that was sent meanwhile stays', async () => {
  const all = await scene();
  const { world, alice, bob, gate } = all;
  await sendsFile(all);
  const session = sessionOf(alice);
  await session.change(clearHistory);
  gate.open();
  await world.until(() => alice.told('file').some(({ fileState }) => fileState === 'up'));
  await alice.chat().sendFile(sample(100), { name: 'later' });
  expect(await alice.read()).toEqual(['me: <file>']);
  await world.run(finishClearing(session));
  await alice.chat().sendText('after');
  await world.until(async () => (await bob.read()).length === 3);
  // The one that is gone was numbered after the `clear`.
  expect(await bob.read()).toEqual(['them: <lost>', 'them: <file>', 'them: after']);
  const [, file] = await bob.history();
  expect(file?.kind === 'file' && file.file.name).toBe('later');
  expect(await alice.read()).toEqual(['me: <file>', 'me: after']);
});
