/** Locking, another passphrase, and wrong ones. */

import { describe, expect, test } from 'vitest';
import { KilledStore } from '../support/killed-store.ts';
import { type Person, type PersonOptions, World } from '../support/people.ts';

const MINUTE_MS = 60_000;
const RIGHT = { passphrase: 'correct horse battery staple' };
const WRONG = { device: { passphrase: 'wrong' } } as const;

async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ code });
}

async function alone(options: PersonOptions = {}) {
  const world = await World.create();
  const alice = await world.open('Alice', options);
  return { world, alice };
}

describe('a device that nobody uses', () => {
  const lock = { device: { lockAfterMs: 5 * MINUTE_MS } };

  test('says that it is locked, and closes', async () => {
    const { world, alice } = await alone(lock);
    await world.advance(5 * MINUTE_MS - 1);
    expect(alice.told('locked')).toEqual([]);
    await world.advance(10_000);
    expect(alice.told('locked')).toHaveLength(1);
    await expectCode(alice.device.createInvite(), 'CLOSED');
    expect((await alice.reopen()).name).toBe('Alice');
  });

  test('stays open while it is touched', async () => {
    const { world, alice } = await alone(lock);
    for (let i = 0; i < 10; i += 1) {
      await world.advance(4 * MINUTE_MS);
      alice.device.touch();
    }
    expect(alice.told('locked')).toEqual([]);
    await world.advance(6 * MINUTE_MS);
    expect(alice.told('locked')).toHaveLength(1);
  });

  test('locks after a sleep, and a touch comes too late', async () => {
    const { world, alice } = await alone(lock);
    world.clock.jumpWall(6 * MINUTE_MS);
    alice.device.touch();
    expect(alice.told('locked')).toHaveLength(1);
    const { world: other, alice: sleeper } = await alone(lock);
    other.clock.jumpWall(60 * MINUTE_MS);
    await other.advance(15_000);
    expect(sleeper.told('locked')).toHaveLength(1);
  });

  test('locks though the clock was set back', async () => {
    const { world, alice } = await alone(lock);
    world.clock.jumpWall(-60 * MINUTE_MS);
    await world.advance(5 * MINUTE_MS);
    expect(alice.told('locked')).toHaveLength(1);
  });

  test('stays open by default, and what is no time is refused', async () => {
    const { world, alice } = await alone();
    alice.device.touch();
    await world.advance(600 * MINUTE_MS);
    expect(alice.told('locked')).toEqual([]);
    await expectCode(alone({ device: { lockAfterMs: 0 } }), 'INVALID_ARGUMENT');
  });
});

describe('another passphrase', () => {
  test('writes the header alone, and a kill leaves one of both', async () => {
    for (const writes of [0, 1]) {
      let store: KilledStore | undefined;
      const wrap: PersonOptions['wrap'] = (memory) => {
        store = new KilledStore(memory);
        return store;
      };
      const { world, alice } = await alone({ wrap });
      await world.run(alice.device.createInvite({ reusable: true }));
      await world.advance(5_000);
      const before = alice.snapshot();
      (store as KilledStore | undefined)?.dieAfter(writes);
      const changed = alice.device.changeUnlock(RIGHT, { passphrase: 'another' }).then(
        () => true,
        () => false,
      );
      expect(await changed).toBe(writes === 1);
      const after = alice.snapshot();
      const differing = after.filter(
        ({ value }, i) => Buffer.compare(value, before[i]?.value ?? new Uint8Array()) !== 0,
      );
      expect(differing).toHaveLength(writes);
      const opens = { device: { passphrase: writes === 1 ? 'another' : RIGHT.passphrase } };
      const not = { device: { passphrase: writes === 1 ? RIGHT.passphrase : 'another' } };
      await expectCode(alice.reopen({ ...not, snapshot: after }), 'WRONG_PASSPHRASE');
      expect((await alice.reopen({ ...opens, snapshot: after })).device.invites).toHaveLength(1);
    }
  });
});

describe('wrong attempts', () => {
  /** Tries once, and gives what the store holds then. */
  async function attempt(person: Person, options: PersonOptions): Promise<string> {
    return person.reopen({ ...options, snapshot: person.snapshot() }).then(
      async (opened) => {
        await opened.close();
        return 'opened';
      },
      (error: { readonly code: string }) => error.code,
    );
  }

  /** A person whose every life begins with the store that the last one left. */
  async function guarded(attempts: number) {
    const { alice } = await alone();
    await alice.device.setMaxAttempts(attempts);
    await alice.close();
    const { store } = alice;
    const opening = { wrap: (memory: Person['store']) => keeping(store, memory) };
    return { alice, opening, store };
  }

  /** Writes go to both, so that the person's own store is what the next life begins with. */
  function keeping(own: Person['store'], memory: Person['store']): Person['store'] {
    const left = memory.snapshot.bind(memory);
    own.snapshot = left;
    return memory;
  }

  test('erase the store when there were too many', async () => {
    const { alice, opening, store } = await guarded(3);
    expect(await attempt(alice, { ...opening, ...WRONG })).toBe('WRONG_PASSPHRASE');
    expect(await attempt(alice, { ...opening, ...WRONG })).toBe('WRONG_PASSPHRASE');
    expect(await attempt(alice, { ...opening, ...WRONG })).toBe('STORE_ERASED');
    expect(store.snapshot()).toEqual([]);
  });

  test('count anew after a right one', async () => {
    const { alice, opening } = await guarded(3);
    for (let i = 0; i < 4; i += 1) {
      expect(await attempt(alice, { ...opening, ...WRONG })).toBe('WRONG_PASSPHRASE');
      expect(await attempt(alice, { ...opening, ...WRONG })).toBe('WRONG_PASSPHRASE');
      expect(await attempt(alice, opening)).toBe('opened');
    }
  });

  test('count before they are tried: a kill meanwhile is one, too', async () => {
    const { alice, opening, store } = await guarded(3);
    for (let i = 0; i < 3; i += 1) {
      const killed: PersonOptions = {
        ...WRONG,
        wrap: (memory) => {
          const kept = keeping(store, memory);
          const dying = new KilledStore(kept);
          // The attempt is counted, and whatever comes of it is not written.
          dying.dieAfter(1);
          return dying;
        },
      };
      await attempt(alice, killed);
    }
    expect(await attempt(alice, opening)).toBe('STORE_ERASED');
  });

  test('say how many are left', async () => {
    const { alice, opening } = await guarded(5);
    const opened = alice.reopen({ ...opening, ...WRONG });
    await expect(opened).rejects.toThrow(/after 4 more the store is erased/);
  });

  test('an argument that is none is no attempt', async () => {
    const { alice, opening } = await guarded(3);
    for (let i = 0; i < 5; i += 1) {
      expect(await attempt(alice, { ...opening, device: { passphrase: '' } })).toBe('INVALID_ARGUMENT');
    }
    expect(await attempt(alice, opening)).toBe('opened');
  });

  test('cost nothing by default, and when it is taken back', async () => {
    const { alice, opening } = await guarded(3);
    const opened = await alice.reopen(opening);
    await opened.device.setMaxAttempts(undefined);
    await opened.close();
    for (let i = 0; i < 6; i += 1) {
      expect(await attempt(opened, WRONG)).toBe('WRONG_PASSPHRASE');
    }
    expect(await attempt(opened, {})).toBe('opened');
  });

  test.each([0, 2, 1001, 3.5])('%d attempts are refused', async (attempts) => {
    const { alice } = await alone();
    await expectCode(alice.device.setMaxAttempts(attempts), 'INVALID_ARGUMENT');
  });
});
