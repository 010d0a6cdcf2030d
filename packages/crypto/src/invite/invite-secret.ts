/**
 * Everything that is derived from an invite's secret `S`.
 *
 * Spec: docs/protocol/invite.md §2.
 *
 * @module
 */

import { LABEL } from '../labels.ts';
import { hkdfSha512, requireSize, sha256 } from '../primitives/index.ts';
import { Secret } from '../secret.ts';

/** Size of `S`. */
export const INVITE_SECRET_SIZE = 32;
/** Size of a card locator, the capability to fetch a card. */
export const CARD_LOCATOR_SIZE = 32;
/** Size of an invite id. */
export const INVITE_ID_SIZE = 32;

const KEY_SIZE = 32;
const NO_SALT: Uint8Array = new Uint8Array(0);

/** The keys of one invite; each opens one kind of thing. */
export interface InviteKeys {
  /** SHA-256 of the locator, 32 bytes: the name under which the relay holds the card. */
  readonly inviteId: Uint8Array;
  /** Capability to read the card and to take prekeys, 32 bytes. */
  readonly cardLocator: Secret<'card-locator'>;
  /** Seals the card. */
  readonly cardKey: Secret<'card-key'>;
  /** Seals the one-time prekeys. */
  readonly prekeyKey: Secret<'prekey-key'>;
  /** Seals the first envelope. */
  readonly inboxKey: Secret<'inbox-key'>;
}

/** @throws {@link CryptoError} `INVALID_ARGUMENT` unless `secret` is 32 bytes */
export function deriveInviteKeys(secret: Secret<'invite'>): InviteKeys {
  requireSize(secret.expose(), INVITE_SECRET_SIZE, 'invite secret');
  const derive = (label: Uint8Array) => hkdfSha512(secret.expose(), NO_SALT, label, KEY_SIZE);
  const cardLocator = derive(LABEL.inviteCardLocator);
  return {
    inviteId: sha256(cardLocator),
    cardLocator: new Secret(cardLocator),
    cardKey: new Secret(derive(LABEL.inviteCardKey)),
    prekeyKey: new Secret(derive(LABEL.invitePrekeyKey)),
    inboxKey: new Secret(derive(LABEL.inviteInboxKey)),
  };
}

/** Wipes locator and keys; the invite id is no secret. */
export function wipeInviteKeys(keys: InviteKeys): void {
  keys.cardLocator.wipe();
  keys.cardKey.wipe();
  keys.prekeyKey.wipe();
  keys.inboxKey.wipe();
}
