import { describe, expect, test } from 'vitest';
import {
  decryptMessage,
  dropExpiredKeys,
  encryptMessage,
  type RatchetState,
  retire,
  type Secret,
  SKIPPED_LIFETIME_SECONDS,
  wipeState,
} from '../../src/index.ts';
import { bodyOf, NOW } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { exchange, talkingChat } from './device.ts';
import { compareSecrets, secretsIn } from './secrets-of-a-state.ts';

const random = seededRandom('retire');

function read(state: RatchetState, envelope: Uint8Array): RatchetState {
  const result = decryptMessage(state, envelope, NOW);
  if (result.outcome !== 'new') {
    throw new Error(result.outcome);
  }
  return result.state;
}

function write(state: RatchetState): { envelope: Uint8Array; state: RatchetState } {
  return encryptMessage(state, 'standard', bodyOf('text'), random);
}

/** Asserts that `expected` go and nothing else does. */
function expectRetired(old: RatchetState, current: RatchetState, expected: (Secret | undefined)[]): void {
  const { dropped, kept } = compareSecrets(old, current);
  expect(new Set(dropped)).toEqual(new Set(expected));
  expect(expected.every((secret) => secret && !secret.wiped)).toBe(true);
  retire(old, current);
  for (const secret of dropped) {
    expectCode('SECRET_WIPED', () => secret.expose());
  }
  expect(kept.some(({ wiped }) => wiped)).toBe(false);
}

describe('retiring the state before', () => {
  test('a message that begins a turn: the root key goes', () => {
    const old = talkingChat('begins').alice.state;
    const { state } = write(old);
    expect(state.sending?.headerKey).toBe(old.nextSendingHeaderKey);
    expectRetired(old, state, [old.rootKey]);
  });

  test('a message that goes on: the chain key goes', () => {
    const { alice } = talkingChat('goes on');
    alice.send('first');
    const old = alice.state;
    expectRetired(old, write(old).state, [old.sending?.chain.key]);
  });

  test('a message that is read in the newest turn: the chain key goes', () => {
    const { alice, bob } = talkingChat('read');
    const old = alice.state;
    expectRetired(old, read(old, bob.send('on')), [old.receiving?.chain.key]);
  });

  test('a late message: its own key goes, the others that are owed stay', () => {
    const { alice, bob } = talkingChat('late');
    const [, late, , last] = bob.sendMany(4) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    alice.receive(last);
    const old = alice.state;
    expectRetired(old, read(old, late), [old.receiving?.skipped.get(2)?.key]);
  });

  test('a new turn: root, both chains, own key and the open turn go; what is owed and all header keys of turns stay', () => {
    const { alice, bob } = talkingChat('new turn');
    const [, second] = bob.sendMany(2) as [Uint8Array, Uint8Array];
    alice.receive(second);
    bob.receive(alice.send('a'));
    const old = alice.state;
    const current = read(old, bob.send('next'));
    expect(current.receiving?.headerKey).toBe(old.nextReceivingHeaderKey);
    expect(current.oldTurns[0]?.headerKey).toBe(old.receiving?.headerKey);
    const { rootKey, sending, receiving, ownKey } = old;
    const expected = [rootKey, sending?.headerKey, sending?.chain.key, receiving?.chain.key, ownKey?.seed];
    expectRetired(old, current, expected);
  });

  test('a new turn that gives up the oldest: its header key and what it is owed go', () => {
    const { alice, bob } = talkingChat('gives up');
    const [, second] = bob.sendMany(2) as [Uint8Array, Uint8Array];
    alice.receive(second);
    exchange(alice, bob, 5);
    bob.receive(alice.send('a'));
    const old = alice.state;
    const current = read(old, bob.send('next'));
    const oldest = old.oldTurns.at(-1);
    const { dropped } = compareSecrets(old, current);
    expect(oldest?.skipped.size).toBe(1);
    expect(dropped).toContain(oldest?.headerKey);
    expect(dropped).toContain(oldest?.skipped.get(1)?.key);
    expectRetired(old, current, dropped);
  });

  test('what is too old: the keys that are owed go', () => {
    const { alice, bob } = talkingChat('too old');
    const envelopes = bob.sendMany(3);
    alice.receive(envelopes[2] as Uint8Array);
    const old = alice.state;
    const skipped = [...(old.receiving?.skipped.values() ?? [])];
    expect(skipped).toHaveLength(2);
    const current = dropExpiredKeys(old, NOW + SKIPPED_LIFETIME_SECONDS);
    expectRetired(
      old,
      current,
      skipped.map(({ key }) => key),
    );
  });

  test('the state itself: nothing goes', () => {
    const { state } = talkingChat('itself').alice;
    expectRetired(state, state, []);
  });
});

describe('a step that is not committed', () => {
  test('can be retired instead: the state before loses nothing and goes on', () => {
    const { alice, bob } = talkingChat('not committed');
    const [, owed, , last] = bob.sendMany(4) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    alice.receive(last);
    bob.receive(alice.send('a'));
    const { state } = alice;
    for (const discarded of [write(state).state, read(state, owed), read(state, bob.send('next'))]) {
      retire(discarded, state);
      expect([...secretsIn(state)].some(({ wiped }) => wiped)).toBe(false);
    }
    expect(alice.receive(owed)).toBe('m1');
    exchange(bob, alice, 2);
  });
});

test('wipeState wipes all there is', () => {
  const { alice, bob } = talkingChat('wipe');
  const [, late] = bob.sendMany(2) as [Uint8Array, Uint8Array];
  alice.receive(late);
  exchange(alice, bob);
  const envelopes = bob.sendMany(3);
  alice.receive(envelopes[2] as Uint8Array);
  alice.send('open');
  const secrets = [...secretsIn(alice.state)];
  // Root, two next header keys, open turn 2, own key, newest turn 2 + 2 owed, old turn 1 + 1 owed.
  expect(secrets).toHaveLength(1 + 2 + 2 + 1 + 4 + 2);
  wipeState(alice.state);
  for (const secret of secrets) {
    expectCode('SECRET_WIPED', () => secret.expose());
  }
  wipeState(bob.state);
  expect([...secretsIn(bob.state)].every(({ wiped }) => wiped)).toBe(true);
});
