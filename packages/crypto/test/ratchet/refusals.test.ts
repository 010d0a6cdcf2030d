import { describe, expect, test, vi } from 'vitest';
import { concat } from '../../src/bytes.ts';
import {
  BODY_SIZE,
  decryptMessage,
  encryptMessage,
  ML_KEM_768_PUBLIC_KEY_SIZE,
  type RatchetState,
  Secret,
  X_WING_PUBLIC_KEY_SIZE,
  XWingKeyPair,
} from '../../src/index.ts';
import { advanceChain } from '../../src/ratchet/chain.ts';
import { type Header, sealHeader } from '../../src/ratchet/header.ts';
import { MAX_CHAIN_INDEX } from '../../src/ratchet/limits.ts';
import { sealBody } from '../../src/ratchet/message.ts';
import type { CurrentTurn } from '../../src/ratchet/received-turn.ts';
import { deriveInitialKeys } from '../../src/ratchet/root.ts';
import type { SendingTurn } from '../../src/ratchet/state.ts';
import { bodyOf, NOW, textOf } from '../support/chat.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { exchange, openChat, talkingChat } from './device.ts';
import { forge } from './dishonest-sender.ts';
import { accept, beginning, initiate, openSession } from './session-pair.ts';
import { untouched } from './untouched.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

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

  /** A request that its sender's own keys authenticate, with a header of any content. */
  function request(header: Partial<Header>): Uint8Array {
    const { transcriptHash, nonce, body } = begin;
    const keys = deriveInitialKeys(new Secret(begin.handshakeSecret.slice()));
    const { messageKey } = advanceChain({ key: keys.requestChainKey, index: 0 });
    const publicKey = new XWingKeyPair(begin.ratchetSeed.slice()).publicKey;
    const whole = { pn: 0, n: 0, publicKey, kemCiphertext: new Uint8Array(0), ...header };
    const sealed = sealHeader(keys.requestHeaderKey, nonce, transcriptHash, 'request', whole);
    return concat(sealed, sealBody(messageKey, nonce, transcriptHash, sealed, body));
  }

  test('a request that is not message 0 of a first turn, or brings a key that cannot be answered', () => {
    expect(request({})).toEqual(message);
    const publicKey = new Uint8Array(X_WING_PUBLIC_KEY_SIZE).fill(0xff);
    for (const header of [{ pn: 1 }, { n: 1 }, { publicKey }]) {
      expectCode('AUTHENTICATION_FAILED', () => accept(begin, request(header)));
    }
  });

  test('a request under another secret, transcript or nonce', () => {
    const other = beginning('another request');
    const { handshakeSecret, transcriptHash, nonce } = other;
    for (const change of [{ handshakeSecret }, { transcriptHash }, { nonce }]) {
      expectCode('AUTHENTICATION_FAILED', () => accept({ ...begin, ...change }, message));
    }
  });
});
