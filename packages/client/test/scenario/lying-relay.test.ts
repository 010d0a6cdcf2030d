/** Relays that lie: what they can do is make things late or lost, and that is shown. */

import type { RelayErrorCode } from '@secret-chat/wire';
import { describe, expect, test } from 'vitest';
import { type Person, World } from '../support/people.ts';
import { seeded, seededBytes } from '../support/seeded.ts';

const TEXTS: readonly string[] = Array.from({ length: 40 }, (_, i) => `text ${i}`);

async function meet() {
  const world = await World.create();
  const [alice, bob] = await world.people('Alice', 'Bob');
  return { world, alice, bob, ...(await world.meet(alice, bob)) };
}

async function sayAll(person: Person, texts: readonly string[] = TEXTS): Promise<void> {
  for (const text of texts) {
    await person.chat().sendText(text);
  }
}

/** The whole history as it stands: in its order, without what only stands for something else. */
async function texts(person: Person, from: 'me' | 'them' = 'them'): Promise<string[]> {
  const entries = await person.history();
  return entries.flatMap((entry) => (entry.kind === 'text' && entry.from === from ? [entry.text] : []));
}

describe('a relay that says ok and keeps nothing', () => {
  test('of some: shown as missing in their place, asked for, and put there when they come', async () => {
    const { world, alice, bob } = await meet();
    let puts = 0;
    world.relay.on('put', (turn) => {
      puts += 1;
      if (puts % 4 === 0 && puts < TEXTS.length) {
        turn.ok();
      } else {
        turn.honestly();
      }
    });
    await sayAll(alice);
    await world.until(() => bob.told('missing').length > 0);
    await world.until(async () => (await texts(bob)).length === TEXTS.length, 600_000);
    expect(await texts(bob)).toEqual(TEXTS);
    // Each gap was told once, with its size.
    expect(bob.told('missing').every(({ count }) => count === 1)).toBe(true);
    // What stood for them is gone.
    expect(await bob.history()).toHaveLength(TEXTS.length);
    await world.advance(600_000);
    expect(alice.chat().state).toBe('open');
    expect(bob.chat().state).toBe('open');
    await bob.chat().sendText('all here');
    await world.until(() => alice.heard().length === 1);
  });

  test('of everything, until the next connection: then all of it arrives', async () => {
    const { world, alice, bob } = await meet();
    world.relay.on('put', (turn) => turn.ok());
    await sayAll(alice);
    await world.until(() => alice.told('state').length === TEXTS.length);
    await world.advance(600_000);
    expect(bob.heard()).toEqual([]);
    world.relay.honest();
    world.relay.cutAll();
    await world.until(() => bob.heard().length === TEXTS.length);
    expect(bob.heard()).toEqual(TEXTS);
    expect(bob.told('missing')).toEqual([]);
  });
});

describe('a relay that hands out what it should not', () => {
  test('everything again and again: nothing is shown twice', async () => {
    const { world, alice, bob } = await meet();
    const { memory } = world.relay;
    world.relay.onDeliver((address, envelope, receiver) => {
      const before = memory.mailbox(address)?.everPut ?? [];
      for (const old of [...before, envelope, envelope]) {
        receiver.reply({ op: 'envelope', address, envelope: old });
      }
    });
    for (const [i, text] of TEXTS.slice(0, 12).entries()) {
      await alice.chat().sendText(text);
      await bob.chat().sendText(`answer to ${text}`);
      await world.advance(i * 300);
    }
    await world.advance(60_000);
    expect(bob.heard()).toEqual(TEXTS.slice(0, 12));
    expect(alice.heard()).toEqual(TEXTS.slice(0, 12).map((text) => `answer to ${text}`));
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
  });

  test('in any order: shown in the right one', async () => {
    const { world, alice, bob } = await meet();
    const chance = seeded(5);
    let waiting: (() => void)[] = [];
    world.relay.onDeliver((address, envelope, receiver) => {
      waiting.push(() => receiver.reply({ op: 'envelope', address, envelope }));
      if (waiting.length >= 8) {
        const all = waiting;
        waiting = [];
        for (const run of all.map((run) => [chance(), run] as const).sort((a, b) => a[0] - b[0])) {
          run[1]();
        }
      }
    });
    const flush = () => {
      const all = waiting;
      waiting = [];
      for (const run of all.reverse()) {
        run();
      }
    };
    await sayAll(alice);
    await sayAll(bob);
    for (let i = 0; i < 20; i++) {
      await world.advance(1_000);
      flush();
    }
    await world.until(async () => (await texts(bob)).length === TEXTS.length, 120_000);
    expect(await texts(bob)).toEqual(TEXTS);
    expect(await texts(alice)).toEqual(TEXTS);
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
  });

  test('to the wrong one, and one’s own back: never shown, said after three, and all is well afterwards', async () => {
    const { world, alice, bob } = await meet();
    const { memory } = world.relay;
    world.relay.onDeliver((address, _envelope, receiver) => {
      const others = [...memory.mailboxes.values()].filter((mailbox) => mailbox.address !== address);
      for (const wrong of others.flatMap(({ everPut }) => everPut)) {
        receiver.reply({ op: 'envelope', address, envelope: wrong });
      }
    });
    await sayAll(alice, TEXTS.slice(0, 5));
    await sayAll(bob, TEXTS.slice(0, 5));
    await world.advance(60_000);
    expect(alice.heard()).toEqual([]);
    expect(bob.heard()).toEqual([]);
    expect(bob.told('unreadable')).toEqual([{ type: 'unreadable', chat: 1 }]);
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
    world.relay.honest();
    world.relay.cutAll();
    await world.until(() => bob.heard().length === 5 && alice.heard().length === 5);
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
  });

  test('between two chats of one device: each keeps its own', async () => {
    const world = await World.create();
    const [alice, bob, carol] = await world.people('Alice', 'Bob', 'Carol');
    await world.meet(alice, bob);
    await world.meet(alice, carol);
    const { memory } = world.relay;
    world.relay.onDeliver((address, envelope, receiver) => {
      for (const { address: any } of memory.mailboxes.values()) {
        receiver.reply({ op: 'envelope', address: any, envelope });
      }
      receiver.reply({ op: 'envelope', address, envelope });
    });
    await bob.chat().sendText('from Bob');
    await carol.chat().sendText('from Carol');
    await world.advance(60_000);
    expect(alice.heard(1)).toEqual(['from Bob']);
    expect(alice.heard(2)).toEqual(['from Carol']);
    expect(alice.chats.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  test('with bits flipped anywhere: not shown; the good ones are, when they come', async () => {
    const { world, alice, bob } = await meet();
    let bit = 0;
    world.relay.onDeliver((address, envelope, receiver) => {
      const changed = new Uint8Array(envelope);
      const at = bit % (8 * envelope.length);
      changed[at >> 3] = (changed[at >> 3] as number) ^ (1 << (at & 7));
      bit += 811;
      receiver.reply({ op: 'envelope', address, envelope: changed });
    });
    await sayAll(alice);
    await world.advance(60_000);
    expect(await bob.read()).toEqual([]);
    expect(bob.told('unreadable')).toHaveLength(1);
    world.relay.honest();
    world.relay.cutAll();
    await world.until(() => bob.heard().length === TEXTS.length);
    expect(bob.heard()).toEqual(TEXTS);
    expect(bob.chat().state).toBe('open');
  });

  test('thousands of random ones: said once, and the chat works on', { timeout: 60_000 }, async () => {
    const { world, alice, bob } = await meet();
    const random = seededBytes(7);
    const address = [...world.relay.memory.mailboxes.values()].map((mailbox) => mailbox.address);
    for (let i = 0; i < 3_000; i++) {
      const envelope = random(i % 100 === 0 ? 16_384 : 4096);
      for (const each of address) {
        world.relay.say({ op: 'envelope', address: each, envelope });
      }
    }
    await world.advance(60_000);
    expect(bob.told('unreadable')).toHaveLength(1);
    await alice.chat().sendText('still here');
    await bob.chat().sendText('me too');
    await world.until(() => bob.heard().length === 1 && alice.heard().length === 1);
    expect(bob.told('error')).toEqual([]);
  });

  test('a displacement out of nothing stops the chat, and it can be begun anew', async () => {
    const { world, alice, bob } = await meet();
    await alice.chat().sendText('before');
    await world.until(() => bob.heard().length === 1);
    for (const { address } of [...world.relay.memory.mailboxes.values()]) {
      world.relay.say({ op: 'displaced', address });
    }
    await world.advance(1_000);
    expect(bob.told('stale')).toEqual([{ type: 'stale', chat: 1, why: 'displaced' }]);
    expect(bob.chat().state).toBe('stale');
    await expect(bob.chat().sendText('no')).rejects.toMatchObject({ code: 'WRONG_STATE' });
    const again = await bob.reopen();
    await world.advance(60_000);
    expect(again.chat().state).toBe('stale');
    expect(await again.read()).toEqual(['them: before']);
    await again.chat().end();
    expect(again.chats).toEqual([]);
    const { joining } = await world.meet(alice, again);
    await joining.sendText('anew');
    await world.until(() => alice.heard(2).length === 1);
  });
});

describe('a relay that does not answer as it should', () => {
  test('never: what was put is put again on a new connection; closing does not wait for ever', async () => {
    const { world, alice, bob } = await meet();
    world.relay.on('put', () => {});
    await sayAll(alice);
    await world.advance(300_000);
    expect(bob.heard()).toEqual([]);
    world.relay.honest();
    await world.until(() => bob.heard().length === TEXTS.length, 300_000);
    expect(bob.heard()).toEqual(TEXTS);
    world.relay.on('put', () => {});
    await alice.chat().sendText('once more');
    await bob.chat().markRead((await bob.history()).map(({ n }) => n));
    await world.advance(1_000);
    await world.run(Promise.all([alice.close(), bob.close()]), 30_000);
  });

  test('late: what it did meanwhile is not done twice', async () => {
    const { world, alice, bob } = await meet();
    world.relay.on('put', (turn) => {
      const outcome = turn.perform();
      world.clock.after(20_000, () => ('refused' in outcome ? turn.refuse(outcome.refused) : turn.ok(outcome)));
    });
    await sayAll(alice);
    await sayAll(bob);
    await world.advance(600_000);
    world.relay.honest();
    world.relay.cutAll();
    await world.advance(60_000);
    expect(await texts(bob)).toEqual(TEXTS);
    expect(await texts(alice)).toEqual(TEXTS);
    expect(alice.told('message').filter(({ message }) => message.from === 'them')).toHaveLength(TEXTS.length);
  });

  test('with rubbish: the connection ends and is made anew', async () => {
    const { world, alice, bob } = await meet();
    const random = seededBytes(3);
    for (let i = 0; i < 30; i++) {
      world.relay.sendBytes(random(i * 7));
      await alice.chat().sendText(`text ${i}`);
      await world.advance(5_000);
    }
    await world.until(() => bob.heard().length === 30, 600_000);
    expect(bob.heard()).toEqual(Array.from({ length: 30 }, (_, i) => `text ${i}`));
    expect([alice.chat().state, bob.chat().state]).toEqual(['open', 'open']);
  });

  test('with refusals of every kind: the queue waits, keeps its order, and goes on', async () => {
    const { world, alice, bob } = await meet();
    const codes: readonly RelayErrorCode[] = ['MAILBOX_FULL', 'RATE_LIMITED', 'GONE', 'RELAY_FULL', 'UNAVAILABLE'];
    let puts = 0;
    world.relay.on('put', (turn) => {
      puts += 1;
      if (puts % 3 === 0) {
        turn.honestly();
      } else {
        turn.refuse(codes[puts % codes.length] as RelayErrorCode, 1_000);
      }
    });
    await sayAll(alice);
    await world.advance(600_000);
    world.relay.honest();
    await world.until(async () => (await texts(bob)).length === TEXTS.length, 600_000);
    expect(await texts(bob)).toEqual(TEXTS);
    expect(bob.chat().state).toBe('open');
  });
});
