/**
 * What a relay says: answers to requests, and envelopes as they come.
 *
 * Spec: docs/protocol/relay.md §3 to §7.
 *
 * @module
 */

import {
  boolean,
  boundedBytes,
  bytes,
  type Codec,
  list,
  map,
  named,
  optional,
  refine,
  text,
  uint,
} from '@secret-chat/cbor';
import { RELAY_ERRORS, type RelayErrorCode } from './errors.ts';
import type { FrameSchemas } from './frame.ts';
import {
  CARD_SIZE,
  ENVELOPE_SIZES,
  ID_SIZE,
  MAX_ENVELOPE_SIZE,
  MAX_EXPORT_ITEMS,
  MAX_REQUEST_ID,
  PREKEY_SIZE,
} from './sizes.ts';

/** One thing that the relay holds for an owner. */
export interface ExportedItem {
  readonly kind: 'mailbox' | 'envelope' | 'card' | 'prekey';
  /** Envelope, sealed card or sealed prekey as stored; empty for the mailbox itself. */
  readonly bytes: Uint8Array;
  /** Unix time in seconds at which the relay forgets it; as stored, rounded up. */
  readonly expiresAt: number;
}

/** A frame from relay to client. */
export type Reply =
  /** The first frame of a connection. */
  | {
      readonly op: 'hello';
      /** 32 random bytes that every proof on this connection covers. */
      readonly nonce: Uint8Array;
      /** The relay is private: `open`, `putCard` and putting pieces need its token. */
      readonly tokenRequired: boolean;
      /** Names the software and its version; for people. */
      readonly software: string;
    }
  /** The request was done, durably where it stores something. */
  | {
      readonly op: 'ok';
      readonly id: number;
      /** Answer of `getCard`. */
      readonly card?: Uint8Array;
      /** Answer of `takePrekey`; left out when the pool is empty. */
      readonly prekey?: Uint8Array;
      /** Answer of `putCard` and `addPrekeys`: how many prekeys the pool has now. */
      readonly prekeys?: number;
      /** Answer of `exportMailbox` and `exportCard`. */
      readonly items?: readonly ExportedItem[];
      /** There is more: ask again with `after` set to this. */
      readonly next?: number;
    }
  /** The request was not done. */
  | {
      readonly op: 'error';
      /** 0 when the frame could not be read. */
      readonly id: number;
      readonly code: RelayErrorCode;
      readonly retryAfterMs?: number;
    }
  /** An envelope of a subscribed mailbox; it stays on the relay until it is acknowledged. */
  | { readonly op: 'envelope'; readonly address: Uint8Array; readonly envelope: Uint8Array }
  /** Everything that the mailbox held has been sent on this connection. */
  | { readonly op: 'drained'; readonly address: Uint8Array }
  /** Another connection of the owner subscribed to the mailbox: nothing more comes here. */
  | { readonly op: 'displaced'; readonly address: Uint8Array };

type Fields<O extends Reply['op']> = Omit<Extract<Reply, { readonly op: O }>, 'op'>;

const MAX_SOFTWARE_SIZE = 64;

const id = uint(MAX_REQUEST_ID);
const key = bytes(ID_SIZE);
const envelope = refine(boundedBytes(0, MAX_ENVELOPE_SIZE), ({ length }) => ENVELOPE_SIZES.includes(length));
const item: Codec<ExportedItem> = map<ExportedItem>({
  kind: named({ mailbox: 0, envelope: 1, card: 2, prekey: 3 }),
  bytes: boundedBytes(0, MAX_ENVELOPE_SIZE),
  expiresAt: uint(),
});

/** The codec of replies; see {@link decodeFrame}. */
export const replySchemas: FrameSchemas<Reply> = {
  hello: map<Fields<'hello'>>({ nonce: key, tokenRequired: boolean(), software: text(MAX_SOFTWARE_SIZE) }),
  ok: map<Fields<'ok'>>({
    id,
    card: optional(bytes(CARD_SIZE)),
    prekey: optional(bytes(PREKEY_SIZE)),
    prekeys: optional(uint()),
    items: optional(list(item, 0, MAX_EXPORT_ITEMS)),
    next: optional(uint()),
  }),
  error: map<Fields<'error'>>({ id, code: named<RelayErrorCode>(RELAY_ERRORS), retryAfterMs: optional(uint()) }),
  envelope: map<Fields<'envelope'>>({ address: key, envelope }),
  drained: map<Fields<'drained'>>({ address: key }),
  displaced: map<Fields<'displaced'>>({ address: key }),
};
