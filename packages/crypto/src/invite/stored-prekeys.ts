/**
 * The private halves of cards and one-time prekeys as bytes, for the sealed store.
 *
 * The results hold secrets in the clear: seal them, then wipe them.
 *
 * Spec: docs/protocol/invite.md §5.
 *
 * @module
 */

import { ByteReader, concat, u32, u64 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import {
  constantTimeEqual,
  X_WING_SEED_SIZE,
  X25519_KEY_SIZE,
  X25519KeyPair,
  XWingKeyPair,
} from '../primitives/index.ts';
import { type CardKeys, readSignedCard } from './card.ts';
import type { OneTimePrekeyPair } from './prekey.ts';

const VERSION = 1;

/** `version 1 ‖ X25519 private key 32 ‖ X-Wing seed 32 ‖ signature 64 ‖ card` */
export function serializeCardKeys(keys: CardKeys): Uint8Array {
  return concat(
    Uint8Array.of(VERSION),
    keys.signedPrekey.privateKey.expose(),
    keys.lastResortPrekey.seed.expose(),
    keys.card.signed,
  );
}

/**
 * @param identityKey this device's own `IK`
 * @throws {@link CryptoError} `MALFORMED`, `UNSUPPORTED_VERSION`, `INVALID_SIGNATURE`; `MISMATCH` when keys and card do not
 * belong together
 */
export function deserializeCardKeys(bytes: Uint8Array, identityKey: Uint8Array): CardKeys {
  const reader = readVersion(bytes, 'stored card');
  const signedPrekey = new X25519KeyPair(reader.copy(X25519_KEY_SIZE));
  const lastResortPrekey = new XWingKeyPair(reader.copy(X_WING_SEED_SIZE));
  const card = readSignedCard(reader.copy(reader.remaining), identityKey);
  const belong =
    constantTimeEqual(card.signedPrekey.key, signedPrekey.publicKey) &&
    constantTimeEqual(card.lastResortPrekey.key, lastResortPrekey.publicKey);
  if (!belong) {
    throw new CryptoError('MISMATCH', 'the stored prekeys are not those of the card');
  }
  return { card, signedPrekey, lastResortPrekey };
}

/** Wipes the private halves of both prekeys; the card is no secret to its owner. */
export function wipeCardKeys(keys: CardKeys): void {
  keys.signedPrekey.wipe();
  keys.lastResortPrekey.wipe();
}

/** `version 1 ‖ id u32 ‖ notAfter u64 ‖ X25519 private key 32 ‖ X-Wing seed 32`: 77 bytes. */
export function serializeOneTimePrekey(pair: OneTimePrekeyPair): Uint8Array {
  return concat(
    Uint8Array.of(VERSION),
    u32(pair.id),
    u64(pair.notAfter),
    pair.x25519.privateKey.expose(),
    pair.xWing.seed.expose(),
  );
}

/** @throws {@link CryptoError} `MALFORMED` or `UNSUPPORTED_VERSION` */
export function deserializeOneTimePrekey(bytes: Uint8Array): OneTimePrekeyPair {
  const reader = readVersion(bytes, 'stored prekey');
  const pair = {
    id: reader.u32(),
    notAfter: reader.u64(),
    x25519: new X25519KeyPair(reader.copy(X25519_KEY_SIZE)),
    xWing: new XWingKeyPair(reader.copy(X_WING_SEED_SIZE)),
  };
  reader.end();
  return pair;
}

function readVersion(bytes: Uint8Array, what: string): ByteReader {
  const reader = new ByteReader(bytes, what);
  const version = reader.u8();
  if (version !== VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `${what} version ${version} is not known`);
  }
  return reader;
}
