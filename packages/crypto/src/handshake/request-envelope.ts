/**
 * The first envelope: 4096 bytes like any other, sealed under the invite's inbox key.
 *
 * Without the link nobody can make the device run a decapsulation, and a relay cannot tell a request from a text.
 *
 * Spec: docs/protocol/handshake.md §4.
 *
 * @module
 */

import { ByteReader, concat, copyOf, u32 } from '../bytes.ts';
import { BODY_SIZE, ENVELOPE_SIZE, SEALED_HEADER_SIZE } from '../envelope/size.ts';
import { CryptoError } from '../errors.ts';
import { decodeDeviceName, encodeDeviceName, PADDED_NAME_SIZE } from '../identity/device-name.ts';
import { IDENTITY_KEY_SIZE } from '../identity/identity.ts';
import { LABEL } from '../labels.ts';
import {
  hkdfSha512,
  requireSize,
  sha256,
  X_WING_CIPHERTEXT_SIZE,
  X25519_KEY_SIZE,
  XCHACHA_KEY_SIZE,
  XCHACHA_NONCE_SIZE,
  XCHACHA_TAG_SIZE,
  xchachaOpen,
  xchachaSeal,
} from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { HANDSHAKE_VERSION } from './transcript.ts';

/** Prekey id that stands for "no one-time prekey"; ids start at 1. */
const NO_PREKEY = 0;
const SEALED_IDENTITY_SIZE: number = IDENTITY_KEY_SIZE + PADDED_NAME_SIZE + XCHACHA_TAG_SIZE;
const NO_SALT: Uint8Array = new Uint8Array(0);

/** The keys of the invite that a request answers. */
export interface RequestKeys {
  /** 32 bytes. */
  readonly inviteId: Uint8Array;
  readonly inboxKey: Secret<'inbox-key'>;
}

/** What a request shows to who holds the invite: which keys it used. */
export interface RequestPrologue {
  readonly signedPrekeyId: number;
  readonly oneTimePrekeyId: number | undefined;
  /** `EK_A`, 32 bytes. */
  readonly ephemeralKey: Uint8Array;
  /** X-Wing ciphertext, 1120 bytes. */
  readonly kemCiphertext: Uint8Array;
}

/** An opened request, before any key agreement. */
export interface OpenedRequest extends RequestPrologue {
  /**
   * SHA-256(label ‖ EK ‖ KEM ciphertext), 32 bytes: names the request, however often it is sealed again. Drop what comes
   * with a known one; keep it once the body authenticated ({@link respondToRequest}), and not before, since whoever holds
   * the link can put garbage beside another's EK; and for as long as a prekey that opens the request lives.
   */
  readonly requestId: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealedIdentity: Uint8Array;
  readonly sealedHeader: Uint8Array;
  readonly sealedBody: Uint8Array;
}

/** Who sends a request. */
export interface InitiatorIdentity {
  /** `IK_A`, Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** As they chose it, 1 to 63 bytes of UTF-8: it proves nothing, and may hold control characters. */
  readonly name: string;
}

/** `nonce ‖ seal(inboxKey, prologue ‖ sealed identity ‖ ratchet message)`: 4096 bytes. */
export function sealRequest(
  keys: RequestKeys,
  nonce: Uint8Array,
  prologue: RequestPrologue,
  sealedIdentity: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const plaintext = concat(encodePrologue(prologue), sealedIdentity, message);
  return concat(nonce, xchachaSeal(keys.inboxKey.expose(), nonce, plaintext, sealContext(keys.inviteId)));
}

/**
 * Opens the outer seal of a request; no private key is used yet (§6.1).
 *
 * @param envelope 4096 bytes
 * @throws {@link CryptoError} `MALFORMED` for another size; `AUTHENTICATION_FAILED`; `UNSUPPORTED_VERSION`
 */
export function openRequest(envelope: Uint8Array, keys: RequestKeys): OpenedRequest {
  if (envelope.length !== ENVELOPE_SIZE.request) {
    throw new CryptoError('MALFORMED', `a request has ${ENVELOPE_SIZE.request} bytes`);
  }
  const nonce = copyOf(envelope.subarray(0, XCHACHA_NONCE_SIZE));
  const ciphertext = envelope.subarray(XCHACHA_NONCE_SIZE);
  const plaintext = xchachaOpen(keys.inboxKey.expose(), nonce, ciphertext, sealContext(keys.inviteId));
  const reader = new ByteReader(plaintext, 'request');
  const version = reader.u8();
  if (version !== HANDSHAKE_VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `request version ${version} is not known`);
  }
  const signedPrekeyId = reader.u32();
  const oneTimePrekeyId = reader.u32();
  const ephemeralKey = reader.take(X25519_KEY_SIZE);
  const kemCiphertext = reader.take(X_WING_CIPHERTEXT_SIZE);
  const opened = {
    nonce,
    signedPrekeyId,
    oneTimePrekeyId: oneTimePrekeyId === NO_PREKEY ? undefined : oneTimePrekeyId,
    ephemeralKey,
    kemCiphertext,
    requestId: requestId(ephemeralKey, kemCiphertext),
    sealedIdentity: reader.take(SEALED_IDENTITY_SIZE),
    sealedHeader: reader.take(SEALED_HEADER_SIZE.request),
    sealedBody: reader.take(BODY_SIZE.request + XCHACHA_TAG_SIZE),
  };
  reader.end();
  return opened;
}

/** See {@link OpenedRequest.requestId}. */
export function requestId(ephemeralKey: Uint8Array, kemCiphertext: Uint8Array): Uint8Array {
  return sha256(concat(LABEL.requestId, ephemeralKey, kemCiphertext));
}

/** `IK_A 32 ‖ name 64`, sealed under a key from the KEM's secret, bound to the prologue: 112 bytes. */
export function sealIdentity(
  kemShared: Secret<'x-wing-shared'>,
  nonce: Uint8Array,
  prologue: RequestPrologue,
  identity: InitiatorIdentity,
): Uint8Array {
  requireSize(identity.identityKey, IDENTITY_KEY_SIZE, 'identity key');
  const plaintext = concat(identity.identityKey, encodeDeviceName(identity.name));
  const key = identityKey(kemShared);
  const sealed = xchachaSeal(key.expose(), nonce, plaintext, encodePrologue(prologue));
  key.wipe();
  return sealed;
}

/** @throws {@link CryptoError} `AUTHENTICATION_FAILED` or `MALFORMED` */
export function openIdentity(kemShared: Secret<'x-wing-shared'>, request: OpenedRequest): InitiatorIdentity {
  const key = identityKey(kemShared);
  try {
    const plaintext = xchachaOpen(key.expose(), request.nonce, request.sealedIdentity, encodePrologue(request));
    const reader = new ByteReader(plaintext, 'initiator identity');
    return { identityKey: reader.copy(IDENTITY_KEY_SIZE), name: decodeDeviceName(reader.take(PADDED_NAME_SIZE)) };
  } finally {
    key.wipe();
  }
}

function identityKey(kemShared: Secret<'x-wing-shared'>): Secret<'initiator-identity'> {
  return new Secret(hkdfSha512(kemShared.expose(), NO_SALT, LABEL.initiatorIdentity, XCHACHA_KEY_SIZE));
}

function encodePrologue(prologue: RequestPrologue): Uint8Array {
  return concat(
    Uint8Array.of(HANDSHAKE_VERSION),
    u32(prologue.signedPrekeyId),
    u32(prologue.oneTimePrekeyId ?? NO_PREKEY),
    prologue.ephemeralKey,
    prologue.kemCiphertext,
  );
}

function sealContext(inviteId: Uint8Array): Uint8Array {
  return concat(LABEL.requestEnvelope, inviteId);
}
