/**
 * Invites: the link, the card behind it, and the prekeys.
 *
 * @module
 */

export {
  ADDRESS_SIZE,
  type Card,
  type CardDetails,
  type CardKeys,
  createCard,
  openCard,
  SEALED_CARD_SIZE,
  type VerifiedCard,
} from './card.ts';
export { encodeInvite, INVITE_SCHEME, type Invite, parseInvite } from './invite-link.ts';
export {
  CARD_LOCATOR_SIZE,
  deriveInviteKeys,
  INVITE_ID_SIZE,
  INVITE_SECRET_SIZE,
  type InviteKeys,
  wipeInviteKeys,
} from './invite-secret.ts';
export {
  generateOneTimePrekey,
  type OneTimePrekeyPair,
  openOneTimePrekey,
  PREKEY_LIFETIME_SECONDS,
  PREKEY_ROTATION_SECONDS,
  type Prekey,
  SEALED_ONE_TIME_PREKEY_SIZE,
  sealOneTimePrekey,
  wipeOneTimePrekey,
} from './prekey.ts';
export { canonicalOrigin, isLoopbackOrigin, MAX_ORIGIN_SIZE } from './relay-origin.ts';
export {
  deserializeCardKeys,
  deserializeOneTimePrekey,
  serializeCardKeys,
  serializeOneTimePrekey,
  wipeCardKeys,
} from './stored-prekeys.ts';
