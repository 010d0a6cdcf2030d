/**
 * Prekeys: what an absent device leaves behind, so that a chat can be begun without it.
 *
 * Three kinds, each signed under a label of its own: the signed prekey (X25519), the last-resort prekey
 * (X-Wing), and one-time pairs of both.
 *
 * Spec: docs/protocol/invite.md §4.
 *
 * @module
 */

import { ByteReader, concat, u32, u64 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import type { Identity } from '../identity/identity.ts';
import { LABEL } from '../labels.ts';
import {
  ED25519_SIGNATURE_SIZE,
  ed25519Verify,
  type RandomSource,
  requireX25519PublicKey,
  requireXWingPublicKey,
  X_WING_PUBLIC_KEY_SIZE,
  X_WING_SEED_SIZE,
  X25519_KEY_SIZE,
  X25519KeyPair,
  XCHACHA_NONCE_SIZE,
  XCHACHA_TAG_SIZE,
  XWingKeyPair,
  xchachaOpen,
  xchachaSeal,
} from '../primitives/index.ts';
import type { Secret } from '../secret.ts';

/** How long a prekey may be used after it was made: its private key is wiped then. */
export const PREKEY_LIFETIME_SECONDS: number = 31 * 24 * 60 * 60;
/** How often the signed and the last-resort prekey are replaced. */
export const PREKEY_ROTATION_SECONDS: number = 7 * 24 * 60 * 60;

/** Ids travel as u32. */
export const MAX_PREKEY_ID = 0xffff_ffff;

/** The kinds of prekey; each has a label of its own. */
export type PrekeyKind = 'signed' | 'last-resort' | 'one-time';

const KIND_LABEL: Readonly<Record<PrekeyKind, Uint8Array>> = {
  signed: LABEL.signedPrekey,
  'last-resort': LABEL.lastResortPrekey,
  'one-time': LABEL.oneTimePrekey,
};

/** A public prekey and what was signed with it. */
export interface Prekey {
  /** 1 to 2^32-1, never used twice under one invite for one kind. */
  readonly id: number;
  /** 32 bytes (signed), 1216 (last-resort), or `X25519 32 ‖ X-Wing 1216` (one-time). */
  readonly key: Uint8Array;
  /** Unix time in seconds after which it must not be used. */
  readonly notAfter: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/** The private halves of a one-time pair, kept until a request used it. */
export interface OneTimePrekeyPair {
  readonly id: number;
  readonly notAfter: number;
  readonly x25519: X25519KeyPair;
  readonly xWing: XWingKeyPair;
}

const ONE_TIME_KEY_SIZE: number = X25519_KEY_SIZE + X_WING_PUBLIC_KEY_SIZE;
const ONE_TIME_PLAINTEXT_SIZE: number = ED25519_SIGNATURE_SIZE + 4 + 8 + ONE_TIME_KEY_SIZE;
/** Size of a sealed one-time prekey pair: `nonce 24 ‖ signature 64 ‖ id 4 ‖ notAfter 8 ‖ keys 1248 ‖ tag 16`. */
export const SEALED_ONE_TIME_PREKEY_SIZE: number = XCHACHA_NONCE_SIZE + ONE_TIME_PLAINTEXT_SIZE + XCHACHA_TAG_SIZE;

/** Signs `key`, so that it can be used under this invite, with this id, until this date. */
export function signPrekey(
  identity: Identity,
  kind: PrekeyKind,
  inviteId: Uint8Array,
  prekey: Omit<Prekey, 'signature'>,
): Prekey {
  return { ...prekey, signature: identity.sign(signedBytes(kind, inviteId, prekey)) };
}

/**
 * Checks signature, date and key.
 *
 * @param now Unix time in seconds
 * @throws {@link CryptoError} `INVALID_SIGNATURE`, `EXPIRED` or `INVALID_KEY`
 */
export function verifyPrekey(
  identityKey: Uint8Array,
  kind: PrekeyKind,
  inviteId: Uint8Array,
  prekey: Prekey,
  now: number,
): void {
  ed25519Verify(prekey.signature, signedBytes(kind, inviteId, prekey), identityKey);
  // Written so that a time that is none counts as late.
  if (!(prekey.notAfter > now)) {
    throw new CryptoError('EXPIRED', `the ${kind} prekey is past its date`);
  }
  if (kind !== 'last-resort') {
    requireX25519PublicKey(prekey.key.subarray(0, X25519_KEY_SIZE));
  }
  if (kind !== 'signed') {
    requireXWingPublicKey(prekey.key.subarray(kind === 'one-time' ? X25519_KEY_SIZE : 0));
  }
}

/**
 * A fresh one-time pair.
 *
 * @param id 1 to 2^32-1
 * @param now Unix time in seconds
 * @throws {@link CryptoError} `INVALID_ARGUMENT`
 */
export function generateOneTimePrekey(id: number, now: number, random: RandomSource): OneTimePrekeyPair {
  requirePrekeyId(id, 'INVALID_ARGUMENT');
  return {
    id,
    notAfter: now + PREKEY_LIFETIME_SECONDS,
    x25519: new X25519KeyPair(random(X25519_KEY_SIZE)),
    xWing: new XWingKeyPair(random(X_WING_SEED_SIZE)),
  };
}

/** What the relay hands out, once: 1364 bytes that only holders of the invite can open. */
export function sealOneTimePrekey(
  identity: Identity,
  inviteId: Uint8Array,
  prekeyKey: Secret<'prekey-key'>,
  pair: OneTimePrekeyPair,
  random: RandomSource,
): Uint8Array {
  const key = concat(pair.x25519.publicKey, pair.xWing.publicKey);
  const { signature } = signPrekey(identity, 'one-time', inviteId, { id: pair.id, key, notAfter: pair.notAfter });
  const nonce = random(XCHACHA_NONCE_SIZE);
  const plaintext = concat(signature, u32(pair.id), u64(pair.notAfter), key);
  return concat(nonce, xchachaSeal(prekeyKey.expose(), nonce, plaintext, sealContext(inviteId)));
}

/**
 * Opens and checks a sealed one-time pair.
 *
 * @param now Unix time in seconds
 * @throws {@link CryptoError} `MALFORMED`, `AUTHENTICATION_FAILED`, `INVALID_SIGNATURE`, `EXPIRED`, `INVALID_KEY`
 */
export function openOneTimePrekey(
  sealed: Uint8Array,
  identityKey: Uint8Array,
  inviteId: Uint8Array,
  prekeyKey: Secret<'prekey-key'>,
  now: number,
): Prekey {
  const outer = new ByteReader(sealed, 'sealed prekey');
  const nonce = outer.take(XCHACHA_NONCE_SIZE);
  const ciphertext = outer.take(ONE_TIME_PLAINTEXT_SIZE + XCHACHA_TAG_SIZE);
  outer.end();
  const fields = new ByteReader(
    xchachaOpen(prekeyKey.expose(), nonce, ciphertext, sealContext(inviteId)),
    'one-time prekey',
  );
  const signature = fields.copy(ED25519_SIGNATURE_SIZE);
  const prekey = { signature, id: fields.u32(), notAfter: fields.u64(), key: fields.copy(ONE_TIME_KEY_SIZE) };
  fields.end();
  requirePrekeyId(prekey.id, 'MALFORMED');
  verifyPrekey(identityKey, 'one-time', inviteId, prekey, now);
  return prekey;
}

/** The X25519 and the X-Wing half of a one-time pair's public key. */
export function splitOneTimeKey(key: Uint8Array): { readonly x25519: Uint8Array; readonly xWing: Uint8Array } {
  return { x25519: key.subarray(0, X25519_KEY_SIZE), xWing: key.subarray(X25519_KEY_SIZE) };
}

/** Wipes the private halves: in the transaction that stores the request which used them, or when the invite ends (§4.5). */
export function wipeOneTimePrekey(pair: OneTimePrekeyPair): void {
  pair.x25519.wipe();
  pair.xWing.wipe();
}

/** `label ‖ invite id 32 ‖ id u32 ‖ notAfter u64 ‖ key`: everything but the key has a fixed size. */
function signedBytes(kind: PrekeyKind, inviteId: Uint8Array, prekey: Omit<Prekey, 'signature'>): Uint8Array {
  return concat(KIND_LABEL[kind], inviteId, u32(prekey.id), u64(prekey.notAfter), prekey.key);
}

/** 0 stands for "no one-time prekey" in a request. */
function requirePrekeyId(id: number, code: 'MALFORMED' | 'INVALID_ARGUMENT'): void {
  if (!Number.isInteger(id) || id < 1 || id > MAX_PREKEY_ID) {
    throw new CryptoError(code, `a prekey id is 1 to ${MAX_PREKEY_ID}`);
  }
}

function sealContext(inviteId: Uint8Array): Uint8Array {
  return concat(LABEL.oneTimePrekeySeal, inviteId);
}
