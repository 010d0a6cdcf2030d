/** Messages that are missing: said in their place, asked for, put there when they come, and lost only after that. */

import { toHex } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { type Person, World } from '../support/people.ts';

async function meet() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  await world.meet(alice, bob);
  // He joined, so his mailbox is the older one.
  const [bobs] = [...world.relay.memory.mailboxes.keys()];
  return { world, alice, bob, bobs: bobs as string };
}

/** Says ok to what is put to `mailbox`, and keeps nothing of it if `isLost` says so; `put` counts from 1. */
function lose(world: World, mailbox: string, isLost: (put: number, envelope: Uint8Array) => boolean): void {
  let puts = 0;
  world.relay.on('put', (turn) => {
    const { address, envelope } = turn.request;
    if (toHex(address) === mailbox && isLost(++puts, envelope)) {
      turn.ok();
    } else {
      turn.honestly();
    }
  });
}

/** One after the other, so that they are put in this order. */
async function sayAll(world: World, from: Person, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await from.chat().sendText(text);
    await world.advance(1);
  }
}

async function textsOf(person: Person): Promise<string[]> {
  const entries = await person.history();
  return entries.flatMap((entry) => (entry.from === 'them' && entry.kind === 'text' ? [entry.text] : []));
}

async function expectBothOpen(world: World, alice: Person, bob: Person): Promise<void> {
  const [heardByAlice, heardByBob] = [alice.heard().length, bob.heard().length];
  await alice.chat().sendText('still there?');
  await bob.chat().sendText('yes');
  await world.until(() => alice.heard().length > heardByAlice && bob.heard().length > heardByBob);
  await world.advance(60_000);
  expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
}

describe('what did not arrive', () => {
  test('is said in its place after ten seconds, with how many; what comes late stands there', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put !== 1 && put !== 4);
    await sayAll(world, alice, ['one', 'two', 'three', 'four']);
    await world.advance(9_000);
    expect(await bob.read()).toEqual(['them: one']);
    expect(bob.told('missing')).toEqual([]);
    await world.advance(2_000);
    expect(await bob.read()).toEqual(['them: one', 'them: <missing 2>', 'them: four']);
    expect(bob.told('missing')).toEqual([{ type: 'missing', chat: 1, n: 2, count: 2 }]);
    world.relay.honest();
    await world.until(() => bob.heard().length === 4, 300_000);
    const inOrder = ['them: one', 'them: two', 'them: three', 'them: four'];
    expect(await bob.read()).toEqual(inOrder);
    // Numbers are those of their arrival, and each late one names its place.
    expect((await bob.history()).map(({ n, place }) => [n, place])).toEqual([
      [1, undefined],
      [4, 2],
      [5, 2],
      [3, undefined],
    ]);
    await expectBothOpen(world, alice, bob);
    const again = await bob.reopen();
    expect((await again.read()).slice(0, 4)).toEqual(inOrder);
  });

  test('several gaps: each is said in its own place', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => ![1, 3, 6].includes(put));
    await sayAll(world, alice, ['1', '2', '3', '4', '5', '6']);
    await world.advance(11_000);
    expect(await bob.read()).toEqual(['them: 1', 'them: <missing 1>', 'them: 3', 'them: <missing 2>', 'them: 6']);
    world.relay.honest();
    await world.until(async () => (await textsOf(bob)).length === 6, 300_000);
    expect(await textsOf(bob)).toEqual(['1', '2', '3', '4', '5', '6']);
    await expectBothOpen(world, alice, bob);
  });

  test('a second gap while the first is open is said apart', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put !== 2);
    await sayAll(world, alice, ['1', '2']);
    await world.advance(11_000);
    expect(await bob.read()).toEqual(['them: <missing 1>', 'them: 2']);
    const between = bob.told('missing').length;
    lose(world, bobs, (put) => put !== 2);
    await sayAll(world, alice, ['3', '4']);
    await world.advance(61_000);
    expect(await bob.read()).toEqual(['them: <missing 1>', 'them: 2', 'them: <missing 1>', 'them: 4']);
    expect(bob.told('missing')).toHaveLength(between + 1);
    world.relay.honest();
    await world.until(async () => (await textsOf(bob)).length === 4, 600_000);
    expect(await textsOf(bob)).toEqual(['1', '2', '3', '4']);
    await expectBothOpen(world, alice, bob);
  });

  test('after three times in vain the sender gives up, and the history says that it is lost', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put !== 2);
    await sayAll(world, alice, ['never arrives', 'arrives']);
    // Asked for after 10 s, and after a minute each.
    await world.advance(160_000);
    expect(await bob.read()).toEqual(['them: <missing 1>', 'them: arrives']);
    world.relay.honest();
    await world.advance(60_000);
    expect(await bob.read()).toEqual(['them: <lost>', 'them: arrives']);
    await expectBothOpen(world, alice, bob);
  });

  test('who was asked several times while away gives what is missing, not up', async () => {
    const { world, alice, bob, bobs } = await meet();
    let lost: Uint8Array | undefined;
    const isLost = (_: number, envelope: Uint8Array) => {
      lost ??= envelope;
      return toHex(lost) === toHex(envelope);
    };
    lose(world, bobs, isLost);
    await sayAll(world, alice, ['lost on the way', 'arrives']);
    await world.until(() => alice.told('state').length === 2);
    alice.kill();
    let asker = bob;
    for (let i = 0; i < 6; i++) {
      await world.advance(120_000);
      asker = await asker.reopen();
    }
    expect(await asker.read()).toEqual(['them: <missing 1>', 'them: arrives']);
    const again = await alice.reopen();
    await world.until(async () => (await textsOf(asker)).length === 2, 600_000);
    expect(await asker.read()).toEqual(['them: lost on the way', 'them: arrives']);
    await expectBothOpen(world, again, asker);
  });

  test('hundreds at once come back, a window at a time', { timeout: 60_000 }, async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put <= 450 && put % 5 !== 0);
    const texts = Array.from({ length: 700 }, (_, i) => `text ${i}`);
    for (const text of texts) {
      await alice.chat().sendText(text);
    }
    await world.until(async () => (await textsOf(bob)).length === texts.length, 3_600_000, 5_000);
    expect(await textsOf(bob)).toEqual(texts);
    expect(await bob.history()).toHaveLength(texts.length);
    await expectBothOpen(world, alice, bob);
  });

  test('pages of a history with many late ones are full, and follow each other', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put > 5 && put <= 60 && put % 11 !== 0);
    const texts = Array.from({ length: 90 }, (_, i) => `text ${i}`);
    await sayAll(world, alice, texts.slice(0, 80));
    await world.until(async () => (await textsOf(bob)).length === 80, 600_000);
    world.relay.honest();
    await sayAll(world, alice, texts.slice(80));
    await world.until(async () => (await textsOf(bob)).length === 90, 600_000);
    const chat = bob.chat();
    const backwards: string[] = [];
    for (let before: number | undefined; ; ) {
      const page = await chat.messages({ limit: 7, ...(before === undefined ? {} : { before }) });
      if (page.length === 0) {
        break;
      }
      backwards.unshift(...page.map((entry) => (entry.kind === 'text' ? entry.text : entry.kind)));
      before = page[0]?.n;
    }
    expect(backwards).toEqual(texts);
    const forwards: string[] = [];
    for (let after = 0; ; ) {
      const page = await chat.messages({ limit: 7, after });
      if (page.length === 0) {
        break;
      }
      forwards.push(...page.map((entry) => (entry.kind === 'text' ? entry.text : entry.kind)));
      after = page.at(-1)?.n ?? 0;
    }
    expect(forwards).toEqual(texts);
  });

  test('nothing is said of what only comes in another order', async () => {
    const { world, alice, bob } = await meet();
    const late: (() => void)[] = [];
    let handed = 0;
    world.relay.onDeliver((address, envelope, receiver) => {
      const run = () => receiver.reply({ op: 'envelope', address, envelope });
      handed += 1;
      if (handed === 1) {
        late.push(run);
      } else {
        run();
      }
    });
    await sayAll(world, alice, ['first', 'second']);
    await world.advance(9_000);
    for (const run of late) {
      run();
    }
    await world.advance(60_000);
    expect(await bob.read()).toEqual(['them: first', 'them: second']);
    expect(bob.told('missing')).toEqual([]);
    await expectBothOpen(world, alice, bob);
  });
});
