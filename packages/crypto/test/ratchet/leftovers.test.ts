import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NOW } from '../support/chat.ts';
import type { Device } from './device.ts';
import { type Census, endCensus, takeCensus } from './secret-census.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

/** No secret outlives the states that hold it: not the candidates of failed steps, not what a step needs in between. */

let census: Census;
beforeAll(async () => {
  census = await takeCensus();
});
afterAll(endCensus);

/** Asserts that `step` throws an error with `code`, of this census' own class. */
function refuses(code: string, step: () => unknown): void {
  try {
    step();
  } catch (error) {
    expect(error).toMatchObject({ code });
    return;
  }
  expect.unreachable(`${code} was expected`);
}

/** Asserts that after `step` as many secrets are alive as before it. */
function leavesNothing(step: () => void): void {
  const before = census.alive();
  step();
  expect(census.alive()).toBe(before);
}

function flipped(envelope: Uint8Array): Uint8Array {
  return envelope.with(envelope.length - 1, (envelope.at(-1) as number) ^ 1);
}

test('the census counts: a state and a key pair have secrets, and lose them', () => {
  const { alice, bob } = census.pair.openSession('counts');
  // Root and two header keys each; Alice has the seed of her key, and its expanded halves.
  expect(census.alive()).toBe(3 + 3 + 3);
  census.api.wipeState(alice);
  census.api.wipeState(bob);
  expect(census.alive()).toBe(0);
});

test('a whole conversation with losses, delays, failures and restarts leaves nothing', () => {
  const { alice, bob } = census.devices.talkingChat('whole');
  const late: Uint8Array[] = [];
  for (let turn = 0; turn < 8; turn++) {
    for (const [from, to] of [
      [alice, bob],
      [bob, alice],
    ] as [Device, Device][]) {
      const [first, second, third] = from.sendMany(3) as [Uint8Array, Uint8Array, Uint8Array];
      expect(to.receive(flipped(third))).toBe('unreadable');
      expect(to.receive(third)).toBe('m2');
      expect(to.receive(third)).toBe('duplicate');
      expect(to.receive(flipped(first))).toBe('unreadable');
      expect(to.receive(first)).toBe('m0');
      late.push(second);
    }
    bob.restart();
    alice.receive(late.at(-3) ?? (late[0] as Uint8Array));
  }
  census.api.wipeState(alice.state);
  census.api.wipeState(bob.state);
  expect(census.alive()).toBe(0);
});

describe('a step that fails', () => {
  test('a changed body, in the newest turn, after a gap, of a late envelope', () => {
    const { alice, bob } = census.devices.talkingChat('changed');
    const [late, , read, next, , , far] = bob.sendMany(7) as Uint8Array[] as [Uint8Array, ...Uint8Array[]];
    alice.receive(read as Uint8Array);
    for (const envelope of [late, next, far] as Uint8Array[]) {
      leavesNothing(() => expect(alice.receive(flipped(envelope))).toBe('unreadable'));
    }
    expect([late, next, far].map((envelope) => alice.receive(envelope as Uint8Array))).toEqual(['m0', 'm3', 'm6']);
  });

  test('a changed body that would begin a turn, end one with a gap, and give one up', () => {
    const { alice, bob } = census.devices.talkingChat('begins');
    census.devices.exchange(alice, bob, 6);
    const turn = alice.sendMany(4);
    bob.receive(turn[1] as Uint8Array);
    alice.receive(bob.send('answer'));
    const [, , next] = alice.sendMany(3) as [Uint8Array, Uint8Array, Uint8Array];
    // The own key is expanded when it is first used, and stays so.
    bob.receive(flipped(next));
    leavesNothing(() => expect(bob.receive(flipped(next))).toBe('unreadable'));
    expect(bob.receive(next)).toBe('m2');
    expect(bob.receive(turn[3] as Uint8Array)).toBe('m3');
  });

  test('duplicates, forks, noise and what is over the limit', () => {
    const { alice, bob } = census.devices.talkingChat('others');
    const twin = bob.copy();
    const envelope = bob.send('once');
    alice.receive(envelope);
    const fork = twin.send('twice');
    for (const [bad, outcome] of [
      [envelope, 'duplicate'],
      [fork, 'fork'],
      [new Uint8Array(4096), 'unreadable'],
    ] as const) {
      leavesNothing(() => expect(alice.receive(bad)).toBe(outcome));
    }
    const far = bob.sendMany(1002).at(-1) as Uint8Array;
    const { state } = alice;
    leavesNothing(() => refuses('SKIP_LIMIT', () => census.api.decryptMessage(state, far, NOW)));
    leavesNothing(() => refuses('MALFORMED', () => census.api.decryptMessage(state, far.slice(1), NOW)));
  });

  test('a KEM ciphertext that X-Wing refuses', () => {
    const { alice, bob } = census.devices.talkingChat('ciphertext');
    alice.send('a');
    const kemCiphertext = new Uint8Array(1120);
    const forged = census.dishonest.forge(alice.state, { kemCiphertext });
    bob.receive(forged);
    leavesNothing(() => expect(bob.receive(forged)).toBe('unreadable'));
  });

  test('an early message, and a body of a wrong size', () => {
    const { alice, bob } = census.pair.openSession('early');
    const { encryptMessage, BODY_SIZE } = census.api;
    const body = new Uint8Array(BODY_SIZE.standard);
    const random = (length: number) => new Uint8Array(length);
    leavesNothing(() => refuses('TURN_NOT_OPEN', () => encryptMessage(alice, 'standard', body, random)));
    leavesNothing(() => refuses('INVALID_ARGUMENT', () => encryptMessage(bob, 'large', body, random)));
  });

  test('a request that does not authenticate', () => {
    const begin = census.pair.beginning('request');
    const { message, state } = census.pair.initiate(begin);
    census.api.wipeState(state);
    leavesNothing(() => refuses('AUTHENTICATION_FAILED', () => census.pair.accept(begin, flipped(message))));
    leavesNothing(() => refuses('AUTHENTICATION_FAILED', () => census.pair.accept(begin, message.with(0, 1))));
  });
});
