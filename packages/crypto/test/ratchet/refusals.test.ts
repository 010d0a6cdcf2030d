import { describe, expect, test } from 'vitest';
import {
  BODY_SIZE,
  decryptMessage,
  encryptMessage,
  ML_KEM_768_PUBLIC_KEY_SIZE,
  type RatchetState,
  X_WING_PUBLIC_KEY_SIZE,
  XWingKeyPair,
} from '../../src/index.ts';
import { MAX_CHAIN_INDEX } from '../../src/ratchet/limits.ts';
import type { CurrentTurn } from '../../src/ratchet/received-turn.ts';
import type { SendingTurn } from '../../src/ratchet/state.ts';
import { bodyOf, NOW, textOf } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { exchange, openChat, talkingChat } from './device.ts';
import { forge } from './dishonest-sender.ts';
import { accept, beginning, initiate, openSession } from './session-pair.ts';
import { untouched } from './untouched.ts';

const random = seededRandom('refusals');

function withIndex(state: RatchetState, index: number): RatchetState {
  const sending = state.sending as SendingTurn;
  return { ...state, sending: { ...sending, chain: { ...sending.chain, index } } };
}

describe('TURN_NOT_OPEN', () => {
  test('before the first answer, however often one tries; not after it', () => {
    const { alice, bob } = openChat('not open');
    const attempt = () => encryptMessage(alice.state, 'standard', bodyOf('early'), random);
    untouched(alice.state, () => {
      expectCode('TURN_NOT_OPEN', attempt);
      expectCode('TURN_NOT_OPEN', attempt);
    });
    exchange(bob, alice);
  });
});

describe('CHAIN_EXHAUSTED', () => {
  const { alice, bob } = talkingChat('exhausted');
  bob.receive(alice.send('a'));

  test('at the last index: it is not used, and nothing wraps', () => {
    const last = withIndex(alice.state, MAX_CHAIN_INDEX);
    untouched(last, () => {
      expectCode('CHAIN_EXHAUSTED', () => encryptMessage(last, 'standard', bodyOf('too many'), random));
    });
    const before = withIndex(alice.state, MAX_CHAIN_INDEX - 1);
    const { envelope, state } = encryptMessage(before, 'standard', bodyOf('the last'), random);
    expectCode('CHAIN_EXHAUSTED', () => encryptMessage(state, 'standard', bodyOf('too many'), random));

    const receiving = bob.state.receiving as CurrentTurn;
    const atEnd = {
      ...bob.state,
      receiving: { ...receiving, chain: { ...receiving.chain, index: MAX_CHAIN_INDEX - 1 } },
    };
    const read = decryptMessage(atEnd, envelope, NOW);
    expect(read.outcome === 'new' && textOf(read.body)).toBe('the last');
    const beyond = forge(alice.state, { n: MAX_CHAIN_INDEX });
    untouched(atEnd, () => expectCode('CHAIN_EXHAUSTED', () => decryptMessage(atEnd, beyond, NOW)));
  });
});

describe('INVALID_KEY', () => {
  const good = new XWingKeyPair(random(32)).publicKey;
  const { bob } = openSession('bad key');
  test.each([
    ['an X25519 half of low order', (key: Uint8Array) => key.fill(0, ML_KEM_768_PUBLIC_KEY_SIZE)],
    ['an X25519 half that is not canonical', (key: Uint8Array) => key.fill(0xff, ML_KEM_768_PUBLIC_KEY_SIZE)],
    ['an ML-KEM half over the modulus', (key: Uint8Array) => key.fill(0xff, 0, ML_KEM_768_PUBLIC_KEY_SIZE)],
  ])("the other side's key has %s", (_, spoil) => {
    const state: RatchetState = { ...bob, peerKey: spoil(good.slice()) };
    untouched(state, () => expectCode('INVALID_KEY', () => encryptMessage(state, 'standard', bodyOf('x'), random)));
    expect(state.peerKey).toHaveLength(X_WING_PUBLIC_KEY_SIZE);
  });
});

describe('INVALID_ARGUMENT', () => {
  test('a body of another size, or of the other class', () => {
    const { bob } = openSession('sizes');
    untouched(bob, () => {
      for (const size of [0, BODY_SIZE.standard - 1, BODY_SIZE.standard + 1, BODY_SIZE.large]) {
        expectCode('INVALID_ARGUMENT', () => encryptMessage(bob, 'standard', new Uint8Array(size), random));
      }
      expectCode('INVALID_ARGUMENT', () => encryptMessage(bob, 'large', bodyOf('x'), random));
    });
  });
});

describe('AUTHENTICATION_FAILED', () => {
  const begin = beginning('request');
  const { message } = initiate(begin);

  test('a request with a flipped bit in any byte', () => {
    for (let i = 0; i < message.length; i++) {
      expectCode('AUTHENTICATION_FAILED', () => accept(begin, message.with(i, (message[i] as number) ^ 0x10)));
    }
    expect(accept(begin, message).body).toEqual(begin.body);
  });

  test('a request under another secret, transcript or nonce', () => {
    const other = beginning('another request');
    const { handshakeSecret, transcriptHash, nonce } = other;
    for (const change of [{ handshakeSecret }, { transcriptHash }, { nonce }]) {
      expectCode('AUTHENTICATION_FAILED', () => accept({ ...begin, ...change }, message));
    }
  });
});
