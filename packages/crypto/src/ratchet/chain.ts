/**
 * Symmetric-key ratchet: one chain key in, one message key and the next chain key out.
 *
 * Spec: docs/protocol/ratchet.md §4.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { hmacSha256Each } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { MAX_CHAIN_INDEX } from './limits.ts';

const MESSAGE_KEY_INPUT: Uint8Array = Uint8Array.of(0x01);
const CHAIN_KEY_INPUT: Uint8Array = Uint8Array.of(0x02);

/** A chain key and the index of the message key that comes next out of it. */
export interface Chain {
  readonly key: Secret<'chain-key'>;
  readonly index: number;
}

/** One message key, and the chain after it. */
export interface ChainStep {
  readonly messageKey: Secret<'message-key'>;
  readonly chain: Chain;
}

/**
 * Advances a chain by one message. Pure: `chain` is neither changed nor wiped, so that a forged message leaves the
 * session as it was.
 *
 * @throws {@link CryptoError} `CHAIN_EXHAUSTED` once index 2^32-1 is reached
 */
export function advanceChain(chain: Chain): ChainStep {
  if (chain.index >= MAX_CHAIN_INDEX) {
    throw new CryptoError('CHAIN_EXHAUSTED', 'the chain reached its last index');
  }
  // mk = HMAC-SHA-256(ck, 0x01); ck' = HMAC-SHA-256(ck, 0x02)
  const [messageKey, nextKey] = hmacSha256Each(chain.key.expose(), MESSAGE_KEY_INPUT, CHAIN_KEY_INPUT) as [
    Uint8Array,
    Uint8Array,
  ];
  return {
    messageKey: new Secret(messageKey),
    chain: { key: new Secret(nextKey), index: chain.index + 1 },
  };
}
