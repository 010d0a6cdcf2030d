/**
 * What is stored of an invite of this device.
 *
 * Spec: docs/protocol/invite.md §5 and §6.
 *
 * @module
 */

import { boolean, boundedBytes, bytes, list, map, optional, text, uint } from '@secret-chat/cbor';
import { INVITE_SECRET_SIZE, MAX_ORIGIN_SIZE } from '@secret-chat/crypto';
import { MAILBOX_SIZE } from '../link/mailbox.ts';
import type { RecordKind } from '../vault/record-kind.ts';

const SEED_SIZE = 32;
const ID_SIZE = 32;
/** A card has at most 3991 bytes (invite §3.3), besides its signature and private keys. */
const MAX_CARD_KEYS_SIZE = 4200;
const ONE_TIME_SIZE = 77;

/** Position: the invite's number. */
export interface InviteRecord {
  /** `S`. */
  readonly secret: Uint8Array;
  readonly reusable: boolean;
  /** Unix time in seconds. */
  readonly expiresAt: number;
  /** Where card and inbox are. */
  readonly relay: string;
  readonly inbox: Uint8Array;
  /** Seed of the key that owns the card at the relay. */
  readonly cardSeed: Uint8Array;
  /** Id of the newest card's prekeys, and when it was made, in seconds. */
  readonly cardId: number;
  readonly cardMadeAt: number;
  /** The newest card as the relay is to hold it. */
  readonly sealedCard: Uint8Array;
  /** The relay answered that it holds the newest card. */
  readonly published: boolean;
  /** How long the relay agreed to keep the card unused, in weeks; the default if left out, 0 while it is being asked. */
  readonly idleWeeks?: number;
  /** Id of the next one-time prekey. */
  readonly nextOneTime: number;
}

export const INVITE: RecordKind<InviteRecord> = {
  kind: 'invite',
  codec: map<InviteRecord>({
    secret: bytes(INVITE_SECRET_SIZE),
    reusable: boolean(),
    expiresAt: uint(),
    relay: text(MAX_ORIGIN_SIZE),
    inbox: bytes(MAILBOX_SIZE),
    cardSeed: bytes(SEED_SIZE),
    cardId: uint(),
    cardMadeAt: uint(),
    sealedCard: bytes(4096),
    published: boolean(),
    idleWeeks: optional(uint()),
    nextOneTime: uint(),
  }),
};

/** A card's private keys. Scope: the invite; position: the id of its prekeys. */
export const CARD: RecordKind<Uint8Array> = { kind: 'card', codec: boundedBytes(1, MAX_CARD_KEYS_SIZE) };

/** A one-time pair's private keys. Scope: the invite; position: its id. */
export const ONE_TIME: RecordKind<Uint8Array> = { kind: 'one-time', codec: bytes(ONE_TIME_SIZE) };

/** Known requests. Scope: the invite id and the card's id; position: the first bytes of the request id. */
export const REQUEST_IDS: RecordKind<readonly Uint8Array[]> = {
  kind: 'request-ids',
  codec: list(bytes(ID_SIZE), 1, 1000),
};
