/**
 * What a client asks of a relay.
 *
 * Spec: docs/protocol/relay.md §4 to §7.
 *
 * @module
 */

import { boundedBytes, bytes, type Codec, list, map, optional, refine, text, uint } from '@secret-chat/cbor';
import type { FrameSchemas } from './frame.ts';
import {
  CARD_SIZE,
  ENVELOPE_SIZES,
  ID_SIZE,
  MAX_ACKS_PER_FRAME,
  MAX_ENVELOPE_SIZE,
  MAX_PREKEYS_PER_FRAME,
  MAX_REQUEST_ID,
  MAX_TOKEN_SIZE,
  PREKEY_SIZE,
  PROOF_SIZE,
} from './sizes.ts';

/** Discloses what an address was made of; with a signature of `ownerKey` it proves that the mailbox is one's own. */
export interface Ownership {
  /** Ed25519 public key, 32 bytes. */
  readonly ownerKey: Uint8Array;
  /** 32 bytes. */
  readonly random: Uint8Array;
}

/** Fields of each operation, without `op`, `id` and `proof`. */
interface RequestFields {
  /** Shows the token of a private relay; only as the first frame. */
  readonly auth: { readonly token: string };
  /** Answers `ok`; for clients that cannot send WebSocket pings. */
  readonly ping: Record<never, never>;
  /** Opens the mailbox of an address, or renews it. Signed. */
  readonly open: Ownership & { readonly idleWeeks: number };
  /** Puts an envelope. Answers `ok` once it is durable, also when it was there already. */
  readonly put: { readonly address: Uint8Array; readonly envelope: Uint8Array; readonly ttlHours: number };
  /** Asks for the mailbox's envelopes, now and as they come, on this connection. Signed. */
  readonly subscribe: Ownership;
  /** Removes envelopes, by their SHA-256. */
  readonly ack: { readonly address: Uint8Array; readonly hashes: readonly Uint8Array[] };
  /** Removes a mailbox and all it holds. Signed. */
  readonly close: Ownership;
  /** Stores or replaces a card, and adds to its pool of prekeys. Signed. */
  readonly putCard: {
    readonly ownerKey: Uint8Array;
    readonly inviteId: Uint8Array;
    readonly card: Uint8Array;
    readonly prekeys: readonly Uint8Array[];
    readonly idleWeeks: number;
  };
  readonly getCard: { readonly locator: Uint8Array };
  /** Takes one one-time prekey out of the pool; nobody gets it again. */
  readonly takePrekey: { readonly locator: Uint8Array };
  /** Adds prekeys, and tells how many the pool has. Signed. */
  readonly addPrekeys: {
    readonly ownerKey: Uint8Array;
    readonly inviteId: Uint8Array;
    readonly prekeys: readonly Uint8Array[];
  };
  /** Removes a card and its prekeys. Signed. */
  readonly removeCard: { readonly ownerKey: Uint8Array; readonly inviteId: Uint8Array };
  /** All that is held in a mailbox, page by page. Signed. */
  readonly exportMailbox: Ownership & { readonly after?: number };
  /** All that is held of a card. Signed. */
  readonly exportCard: { readonly ownerKey: Uint8Array; readonly inviteId: Uint8Array; readonly after?: number };
}

export type Operation = keyof RequestFields;

/** Operations that carry a proof (§3). */
export type SignedOperation =
  | 'open'
  | 'subscribe'
  | 'close'
  | 'putCard'
  | 'addPrekeys'
  | 'removeCard'
  | 'exportMailbox'
  | 'exportCard';

/** A frame from client to relay: `op`, a growing `id`, the fields, and for signed operations a 64-byte `proof`. */
export type Request = {
  [O in Operation]: { readonly op: O; readonly id: number } & RequestFields[O] &
    (O extends SignedOperation ? { readonly proof: Uint8Array } : unknown);
}[Operation];

/** The request of one operation. */
export type RequestOf<O extends Operation> = Extract<Request, { readonly op: O }>;

const key = bytes(ID_SIZE);
const ownership = { ownerKey: key, random: key };
const cardOwner = { ownerKey: key, inviteId: key };
/** Periods are wide on the wire: a period out of range is answered `OUT_OF_RANGE`, and closes nothing (§2). */
const period = uint();
const envelope = refine(boundedBytes(0, MAX_ENVELOPE_SIZE), ({ length }) => ENVELOPE_SIZES.includes(length));
const after = optional(uint());

/** §3: what every request has. Ids start at 1. */
const base = { id: refine(uint(MAX_REQUEST_ID), (id) => id > 0) };
const signed = { ...base, proof: bytes(PROOF_SIZE) };

const schemas: { readonly [O in Operation]: Codec<Omit<RequestOf<O>, 'op'>> } = {
  auth: map<Omit<RequestOf<'auth'>, 'op'>>({ ...base, token: text(MAX_TOKEN_SIZE, 1) }),
  ping: map<Omit<RequestOf<'ping'>, 'op'>>(base),
  open: map<Omit<RequestOf<'open'>, 'op'>>({ ...signed, ...ownership, idleWeeks: period }),
  put: map<Omit<RequestOf<'put'>, 'op'>>({ ...base, address: key, envelope, ttlHours: period }),
  subscribe: map<Omit<RequestOf<'subscribe'>, 'op'>>({ ...signed, ...ownership }),
  ack: map<Omit<RequestOf<'ack'>, 'op'>>({ ...base, address: key, hashes: list(key, 1, MAX_ACKS_PER_FRAME) }),
  close: map<Omit<RequestOf<'close'>, 'op'>>({ ...signed, ...ownership }),
  putCard: map<Omit<RequestOf<'putCard'>, 'op'>>({
    ...signed,
    ...cardOwner,
    card: bytes(CARD_SIZE),
    prekeys: list(bytes(PREKEY_SIZE), 0, MAX_PREKEYS_PER_FRAME),
    idleWeeks: period,
  }),
  getCard: map<Omit<RequestOf<'getCard'>, 'op'>>({ ...base, locator: key }),
  takePrekey: map<Omit<RequestOf<'takePrekey'>, 'op'>>({ ...base, locator: key }),
  addPrekeys: map<Omit<RequestOf<'addPrekeys'>, 'op'>>({
    ...signed,
    ...cardOwner,
    prekeys: list(bytes(PREKEY_SIZE), 0, MAX_PREKEYS_PER_FRAME),
  }),
  removeCard: map<Omit<RequestOf<'removeCard'>, 'op'>>({ ...signed, ...cardOwner }),
  exportMailbox: map<Omit<RequestOf<'exportMailbox'>, 'op'>>({ ...signed, ...ownership, after }),
  exportCard: map<Omit<RequestOf<'exportCard'>, 'op'>>({ ...signed, ...cardOwner, after }),
};

/** The codec of requests; see {@link decodeFrame}. */
export const requestSchemas: FrameSchemas<Request> = schemas;
