/**
 * The contact card: what someone who holds an invite learns about the inviter, sealed, padded and signed.
 *
 * Spec: docs/protocol/invite.md §3.
 *
 * @module
 */

import { boolean, bytes, type Codec, map, refine, uint } from '@secret-chat/cbor';
import { ByteReader, concat, pad, unpad } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { deviceName } from '../identity/device-name.ts';
import { IDENTITY_KEY_SIZE, type Identity } from '../identity/identity.ts';
import { LABEL } from '../labels.ts';
import {
  constantTimeEqual,
  ED25519_SIGNATURE_SIZE,
  ed25519Verify,
  type RandomSource,
  sha256,
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
import { decodeStructured, encodeStructured } from '../structured.ts';
import { INVITE_ID_SIZE } from './invite-secret.ts';
import { MAX_PREKEY_ID, PREKEY_LIFETIME_SECONDS, type Prekey, signPrekey, verifyPrekey } from './prekey.ts';
import { canonicalOrigin, relayOrigin } from './relay-origin.ts';

/** Size of a sealed card, whatever it holds. */
export const SEALED_CARD_SIZE = 4096;
/** Size of an address, the capability to put into a mailbox. */
export const ADDRESS_SIZE = 32;

const CARD_VERSION = 1;
const PLAINTEXT_SIZE: number = SEALED_CARD_SIZE - XCHACHA_NONCE_SIZE - XCHACHA_TAG_SIZE;

/** What a card says; dates are Unix time in seconds. */
export interface Card {
  readonly version: number;
  readonly inviteId: Uint8Array;
  /** `IK_B`, 32 bytes. */
  readonly identityKey: Uint8Array;
  readonly name: string;
  readonly signedPrekey: Prekey;
  readonly lastResortPrekey: Prekey;
  /** Where the request goes: an address (32 bytes) on a relay. */
  readonly inbox: Uint8Array;
  readonly relay: string;
  readonly expiresAt: number;
  /** True if the invite ends when someone was accepted. */
  readonly oneTime: boolean;
}

/** A card that was opened and checked, with the hash that names it in the handshake. */
export interface VerifiedCard extends Card {
  /** `signature 64 ‖ card`, as it was signed. */
  readonly signed: Uint8Array;
  /** SHA-256 of {@link VerifiedCard.signed}, 32 bytes. */
  readonly hash: Uint8Array;
}

/** What the owner of a card keeps as long as its prekeys live. */
export interface CardKeys {
  /** The card as its readers see it. */
  readonly card: VerifiedCard;
  readonly signedPrekey: X25519KeyPair;
  readonly lastResortPrekey: XWingKeyPair;
}

/** What the owner of a card decides. */
export interface CardDetails {
  readonly inviteId: Uint8Array;
  readonly name: string;
  /** Id of both prekeys: a new card always has new prekeys, so the id names the card too. */
  readonly prekeyId: number;
  readonly inbox: Uint8Array;
  readonly relay: string;
  readonly expiresAt: number;
  readonly oneTime: boolean;
}

function prekey(keySize: number): Codec<Prekey> {
  return map<Prekey>({
    id: refine(uint(MAX_PREKEY_ID), (id) => id > 0),
    key: bytes(keySize),
    notAfter: uint(),
    signature: bytes(ED25519_SIGNATURE_SIZE),
  });
}

const cardCodec: Codec<Card> = map<Card>({
  version: uint(CARD_VERSION),
  inviteId: bytes(INVITE_ID_SIZE),
  identityKey: bytes(IDENTITY_KEY_SIZE),
  name: deviceName,
  signedPrekey: prekey(X25519_KEY_SIZE),
  lastResortPrekey: prekey(X_WING_PUBLIC_KEY_SIZE),
  inbox: bytes(ADDRESS_SIZE),
  relay: relayOrigin,
  expiresAt: uint(),
  oneTime: boolean(),
});

/**
 * A new card with fresh prekeys, sealed for the relay (4096 bytes), and the keys that its owner keeps.
 *
 * @param now Unix time in seconds
 * @throws {@link CryptoError} `INVALID_ARGUMENT`
 */
export function createCard(
  identity: Identity,
  cardKey: Secret<'card-key'>,
  details: CardDetails,
  now: number,
  random: RandomSource,
): { readonly sealed: Uint8Array; readonly keys: CardKeys } {
  const { inviteId, prekeyId: id, ...shown } = details;
  const notAfter = now + PREKEY_LIFETIME_SECONDS;
  const signedPrekey = new X25519KeyPair(random(X25519_KEY_SIZE));
  const lastResortPrekey = new XWingKeyPair(random(X_WING_SEED_SIZE));
  const card: Card = {
    ...shown,
    version: CARD_VERSION,
    inviteId,
    relay: canonicalOrigin(details.relay),
    identityKey: identity.publicKey,
    signedPrekey: signPrekey(identity, 'signed', inviteId, { id, key: signedPrekey.publicKey, notAfter }),
    lastResortPrekey: signPrekey(identity, 'last-resort', inviteId, { id, key: lastResortPrekey.publicKey, notAfter }),
  };
  const encoded = encodeStructured(cardCodec, card, 'card');
  // §3.2: one signature over the whole card.
  const signed = concat(identity.sign(concat(LABEL.cardSignature, encoded)), encoded);
  const nonce = random(XCHACHA_NONCE_SIZE);
  const ciphertext = xchachaSeal(cardKey.expose(), nonce, pad(signed, PLAINTEXT_SIZE), sealContext(inviteId));
  return {
    sealed: concat(nonce, ciphertext),
    keys: { card: { ...card, signed, hash: sha256(signed) }, signedPrekey, lastResortPrekey },
  };
}

/**
 * Opens a card and checks all of it: seal, signatures, invite id, identity key, dates.
 *
 * @param identityKey the inviter's `IK`, from the invite
 * @param now Unix time in seconds
 * @throws {@link CryptoError} `MALFORMED`, `UNSUPPORTED_VERSION`, `AUTHENTICATION_FAILED`, `MISMATCH`,
 * `INVALID_SIGNATURE`, `EXPIRED` or `INVALID_KEY`
 */
export function openCard(
  sealed: Uint8Array,
  identityKey: Uint8Array,
  inviteId: Uint8Array,
  cardKey: Secret<'card-key'>,
  now: number,
): VerifiedCard {
  const outer = new ByteReader(sealed, 'sealed card');
  const nonce = outer.take(XCHACHA_NONCE_SIZE);
  const ciphertext = outer.take(PLAINTEXT_SIZE + XCHACHA_TAG_SIZE);
  outer.end();
  const signed = unpad(xchachaOpen(cardKey.expose(), nonce, ciphertext, sealContext(inviteId)));
  const card = readSignedCard(signed, identityKey);
  if (!constantTimeEqual(card.inviteId, inviteId) || !constantTimeEqual(card.identityKey, identityKey)) {
    throw new CryptoError('MISMATCH', 'the card belongs to another invite');
  }
  // Written so that a time that is none counts as late.
  if (!(card.expiresAt > now)) {
    throw new CryptoError('EXPIRED', 'the invite is past its date');
  }
  verifyPrekey(identityKey, 'signed', inviteId, card.signedPrekey, now);
  verifyPrekey(identityKey, 'last-resort', inviteId, card.lastResortPrekey, now);
  return card;
}

/**
 * Reads `signature 64 ‖ card` and checks the signature, but neither dates nor prekeys: for cards of this device's own
 * store.
 *
 * @throws {@link CryptoError} `MALFORMED`, `UNSUPPORTED_VERSION` or `INVALID_SIGNATURE`
 */
export function readSignedCard(signed: Uint8Array, identityKey: Uint8Array): VerifiedCard {
  const fields = new ByteReader(signed, 'card');
  const signature = fields.take(ED25519_SIGNATURE_SIZE);
  const encoded = fields.take(fields.remaining);
  ed25519Verify(signature, concat(LABEL.cardSignature, encoded), identityKey);
  return { ...decodeStructured(versionedCard, encoded), signed, hash: sha256(signed) };
}

/** Tells a later version before its other fields are looked at. */
const versionedCard: Codec<Card> = {
  encode: cardCodec.encode,
  decode(value) {
    const version = value instanceof Map ? value.get('version') : undefined;
    if (typeof version === 'number' && version !== CARD_VERSION) {
      throw new CryptoError('UNSUPPORTED_VERSION', `card version ${version} is not known`);
    }
    return cardCodec.decode(value);
  },
};

function sealContext(inviteId: Uint8Array): Uint8Array {
  return concat(LABEL.card, inviteId);
}
