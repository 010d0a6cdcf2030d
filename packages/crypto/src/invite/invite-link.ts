/**
 * An invite as text: `secret-chat:<relay origin>#<payload>`.
 *
 * No http link, so that a click never hands the secret to a page's scripts; the payload is the fragment, which
 * no client sends anywhere; and every character may stand unquoted in a shell (brackets of IPv6 addresses are
 * percent-encoded).
 *
 * Spec: docs/protocol/invite.md §1.
 *
 * @module
 */

import { ByteReader, concat, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import { IDENTITY_KEY_SIZE } from '../identity/identity.ts';
import { LABEL } from '../labels.ts';
import { base64UrlDecode, base64UrlEncode, constantTimeEqual, requireSize, sha256 } from '../primitives/index.ts';
import { Secret } from '../secret.ts';
import { INVITE_SECRET_SIZE } from './invite-secret.ts';
import { canonicalOrigin } from './relay-origin.ts';

/** What every link begins with (§1.1). */
export const INVITE_SCHEME = 'secret-chat:';

const INVITE_VERSION = 1;
/** Tells a mistyped or cut link from one whose invite is gone; it protects against nothing else. */
const CHECKSUM_SIZE = 4;
/** `version 1 ‖ S 32 ‖ IK 32 ‖ checksum 4`: 69 bytes, 92 characters of base64url without padding. */
const PAYLOAD_SIZE: number = 1 + INVITE_SECRET_SIZE + IDENTITY_KEY_SIZE + CHECKSUM_SIZE;

/** What an invite says. */
export interface Invite {
  /** Canonical origin of the relay that holds the card. */
  readonly relay: string;
  /** `S`, 32 bytes. */
  readonly secret: Secret<'invite'>;
  /** The inviter's `IK`, 32 bytes. */
  readonly identityKey: Uint8Array;
}

/**
 * The link. It is a secret: whoever reads it can answer the invite.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a relay that is no origin or a wrong size
 */
export function encodeInvite(invite: Invite): string {
  requireSize(invite.secret.expose(), INVITE_SECRET_SIZE, 'invite secret');
  requireSize(invite.identityKey, IDENTITY_KEY_SIZE, 'identity key');
  const relay = canonicalOrigin(invite.relay);
  const body = concat(Uint8Array.of(INVITE_VERSION), invite.secret.expose(), invite.identityKey);
  const payload = base64UrlEncode(concat(body, checksum(relay, body)));
  return `${INVITE_SCHEME}${relay.replace('[', '%5B').replace(']', '%5D')}#${payload}`;
}

/**
 * Reads a link; white space around it is ignored.
 *
 * @throws {@link CryptoError} `MALFORMED` when it is no invite, mistyped or cut; `UNSUPPORTED_VERSION`
 */
export function parseInvite(link: string): Invite {
  const trimmed = link.trim();
  const hash = trimmed.indexOf('#');
  if (!trimmed.toLowerCase().startsWith(INVITE_SCHEME) || hash < 0) {
    throw new CryptoError('MALFORMED', `an invite starts with ${INVITE_SCHEME} and has a # in it`);
  }
  const payload = base64UrlDecode(trimmed.slice(hash + 1));
  if (payload?.length !== PAYLOAD_SIZE) {
    requireVersion(payload?.[0] ?? INVITE_VERSION);
    throw new CryptoError('MALFORMED', 'the invite is not complete');
  }
  const relay = parseRelay(trimmed.slice(INVITE_SCHEME.length, hash));
  const reader = new ByteReader(payload, 'invite');
  const body = reader.take(PAYLOAD_SIZE - CHECKSUM_SIZE);
  if (!constantTimeEqual(reader.take(CHECKSUM_SIZE), checksum(relay, body))) {
    throw new CryptoError('MALFORMED', 'the invite is mistyped');
  }
  const fields = new ByteReader(body, 'invite');
  requireVersion(fields.u8());
  const invite = {
    relay,
    secret: new Secret<'invite'>(fields.copy(INVITE_SECRET_SIZE)),
    identityKey: fields.copy(IDENTITY_KEY_SIZE),
  };
  // URL parsers take many spellings for one origin; an invite has one.
  if (encodeInvite(invite).slice(INVITE_SCHEME.length) !== trimmed.slice(INVITE_SCHEME.length)) {
    throw new CryptoError('MALFORMED', 'the invite is mistyped');
  }
  return invite;
}

function requireVersion(version: number): void {
  if (version !== INVITE_VERSION) {
    throw new CryptoError('UNSUPPORTED_VERSION', `invite version ${version} is not known`);
  }
}

function parseRelay(text: string): string {
  try {
    return canonicalOrigin(text.replace(/%5B/i, '[').replace(/%5D/i, ']'));
  } catch {
    throw new CryptoError('MALFORMED', 'the invite names no relay');
  }
}

/** First 4 bytes of SHA-256(label ‖ body 65 ‖ relay). */
function checksum(relay: string, body: Uint8Array): Uint8Array {
  return sha256(concat(LABEL.inviteChecksum, body, utf8(relay))).subarray(0, CHECKSUM_SIZE);
}
