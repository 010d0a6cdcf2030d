/** Nothing that arrived may vanish from the history, and nothing that was asked for may be dropped silently. */

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
function lose(world: World, mailbox: string, isLost: (put: number) => boolean): void {
  let puts = 0;
  world.relay.on('put', (turn) => {
    if (toHex(turn.request.address) === mailbox && isLost(++puts)) {
      turn.ok();
    } else {
      turn.honestly();
    }
  });
}

async function sayAll(world: World, from: Person, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await from.chat().sendText(text);
    await world.advance(1);
  }
}

describe('what comes late when the entry that stood for it is gone', () => {
  test('is shown though its reader deleted that entry', async () => {
    const { world, alice, bob, bobs } = await meet();
    lose(world, bobs, (put) => put !== 3);
    await sayAll(world, alice, ['one', 'two', 'three']);
    await world.until(() => bob.told('missing').length === 1);
    await bob.chat().deleteMessages(bob.told('missing')[0]?.n as number);
    world.relay.honest();
    await world.until(() => bob.heard().length === 3, 300_000);
    expect((await bob.read()).sort()).toEqual(['them: one', 'them: three', 'them: two']);
  });

  test('and had come before', async () => {
    const { world, alice, bob, bobs } = await meet();
    // The third comes, and of what is asked for then the first.
    lose(world, bobs, (put) => put !== 3 && put !== 4);
    await sayAll(world, alice, ['one', 'two', 'three']);
    await world.until(() => bob.heard().includes('one'));
    expect(bob.heard()).not.toContain('two');
    await bob.chat().deleteMessages(bob.told('missing')[0]?.n as number);
    expect((await bob.read()).sort()).toEqual(['them: one', 'them: three']);
    world.relay.honest();
    await world.until(() => bob.heard().length === 3, 300_000);
    expect((await bob.read()).sort()).toEqual(['them: one', 'them: three', 'them: two']);
  });

  test('is shown behind a "clear" that came late, too', async () => {
    const { world, alice, bob, bobs } = await meet();
    // Two texts, a `gone` for each of them, the `clear`, and a text are lost.
    lose(world, bobs, (put) => put !== 7);
    await sayAll(world, alice, ['one', 'two']);
    await alice.chat().clear();
    await sayAll(world, alice, ['a new page', 'last']);
    await world.until(() => bob.told('missing').length === 1);
    world.relay.honest();
    await world.until(() => bob.heard().includes('a new page'), 300_000);
    await world.advance(60_000);
    expect((await bob.read()).sort()).toEqual(['them: a new page', 'them: last']);
  });
});

describe('what the other side has to execute', () => {
  test('a deletion that is lost again and again is confirmed only when it was executed', async () => {
    const { world, alice, bob, bobs } = await meet();
    const { n } = await alice.chat().sendText('a secret');
    await world.until(() => bob.heard().includes('a secret'));
    await world.advance(60_000);
    lose(world, bobs, (put) => put !== 2);
    await alice.chat().deleteMessages(n);
    await world.advance(10);
    await alice.chat().sendText('still there?');
    await world.until(() => bob.heard().includes('still there?'));
    // Three times it is asked for in vain.
    await world.advance(170_000);
    world.relay.honest();
    await world.until(() => alice.told('deletion').length === 2, 300_000);
    expect(await bob.read()).toEqual(['them: still there?']);
  });
});

describe('the text of a request', () => {
  test('deleted before the request is on the relay does not take the request with it', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    world.relay.on('put', (turn) => turn.refuse('MAILBOX_FULL'));
    const joining = await world.run(bob.device.join(link, { text: 'it is me' }));
    await joining.deleteMessages(1);
    expect(await bob.read()).toEqual([]);
    await world.advance(1_000);
    world.relay.honest();
    const inviting = await world.requested(alice, 'Bob');
    await world.run(inviting.accept());
    await world.until(() => joining.state === 'open');
    await world.until(() => alice.told('destroyed').length === 1);
    await joining.sendText('hello');
    await inviting.sendText('hello, too');
    await world.until(() => alice.heard().includes('hello') && bob.heard().includes('hello, too'));
    await world.advance(60_000);
    expect([joining.state, inviting.state]).toEqual(['open', 'open']);
    expect((await alice.read()).sort()).toEqual(['me: hello, too', 'them: hello']);
  });

  test('cleared while it waits for an answer sends nothing into the inbox but the request', async () => {
    const world = await World.create();
    const [alice, bob] = await world.people('Alice', 'Bob');
    const { link } = await world.run(alice.device.createInvite());
    const joining = await world.run(bob.device.join(link, { text: 'it is me' }));
    await world.requested(alice, 'Bob');
    await joining.clear();
    await world.advance(60_000);
    const put = [...world.relay.memory.mailboxes.values()].flatMap(({ everPut }) => everPut);
    expect(put).toHaveLength(1);
    await world.run(alice.chat().accept());
    await world.until(() => joining.state === 'open');
    await world.until(async () => (await alice.read()).length === 0);
  });
});
