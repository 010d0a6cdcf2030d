/**
 * Contents as CBOR: one map each, `{type, salt, …fields}`.
 *
 * Spec: docs/protocol/content.md §2 to §4.
 *
 * @module
 */

import {
  boundedBytes,
  bytes,
  type CborValue,
  type Codec,
  decodeCbor,
  list,
  map,
  named,
  optional,
  refine,
  text,
  tuple,
  uint,
} from '@secret-chat/cbor';
import { contentCapacity, DIGEST_SIZE } from '../envelope/body.ts';
import { MAX_FILE_SIZE } from '../file/padding.ts';
import { ADDRESS_SIZE } from '../invite/card.ts';
import { relayOrigin } from '../invite/relay-origin.ts';
import type { RandomSource } from '../primitives/index.ts';
import { encodeStructured } from '../structured.ts';
import { type TimerValue, timerFromWire, timerToWire } from '../timer/timer-value.ts';
import {
  type Content,
  type ContentFields,
  type ContentType,
  type FileDescriptor,
  isSequenced,
  type MessageRef,
  type Range,
  type Receipt,
  type Route,
} from './content.ts';

/** Makes the hash of a short content unguessable, so that `gone` tells nothing about what it replaces. */
const SALT_SIZE = 8;

/** Receipts in one `read` or `viewed`; more are sent in several contents. */
export const MAX_RECEIPTS = 64;
/** Messages in one `delete`; more are sent in several contents. */
export const MAX_REFERENCES = 64;
/** Ranges in one `resend` or `needPieces`; more are sent in several contents. */
export const MAX_RANGES = 64;
const MAX_FILE_NAME_SIZE = 255;
const MAX_MEDIA_TYPE_SIZE = 127;
const MAX_PREVIEW_SIZE = 64;
const MAX_PIXELS = 65_535;
const MAX_TIMER = 0xffff_ffff;
const MAX_TYPE_SIZE = 32;
const FILE_KEY_SIZE = 32;

/** What a content turned out to be. */
export type DecodedContent =
  | { readonly kind: 'known'; readonly content: Content }
  /** Sent by a newer version; the prefix holds, its timer is obeyed. */
  | { readonly kind: 'unknown'; readonly type: string }
  /** Breaks the format; it takes its seq and is shown as unreadable. */
  | { readonly kind: 'malformed' };

/** Seqs start at 1. */
const seq = refine(uint(), (value) => value > 0);
const route = { relay: relayOrigin, address: bytes(ADDRESS_SIZE) };
const pieceRange = refine(tuple<Range>({ from: uint(), to: uint() }), ({ from, to }) => from <= to);
const seqRange = refine(pieceRange, ({ from }) => from > 0);
const receipt = tuple<Receipt>({ seq, ageMs: uint() });
const messageRef = tuple<MessageRef>({ sender: named({ initiator: 0, responder: 1 }), seq });
const longText = text(contentCapacity('large'));
const timer: Codec<TimerValue> = {
  encode: timerToWire,
  decode: (value) => timerFromWire(uint(MAX_TIMER).decode(value)),
};

const descriptor = map<FileDescriptor>({
  key: bytes(FILE_KEY_SIZE),
  size: uint(MAX_FILE_SIZE),
  name: text(MAX_FILE_NAME_SIZE),
  mediaType: text(MAX_MEDIA_TYPE_SIZE),
  relay: relayOrigin,
  expiresAt: uint(),
  preview: optional(boundedBytes(1, MAX_PREVIEW_SIZE)),
  width: optional(uint(MAX_PIXELS)),
  height: optional(uint(MAX_PIXELS)),
});

/** §3: the schema of each type. */
const schemas: { readonly [T in ContentType]: Codec<ContentFields[T]> } = {
  request: map<ContentFields['request']>({ ...route, text: optional(longText) }),
  accept: map<Route>(route),
  text: map<ContentFields['text']>({ text: longText, replyTo: optional(messageRef) }),
  file: map<ContentFields['file']>({
    file: descriptor,
    caption: optional(longText),
    replyTo: optional(messageRef),
  }),
  read: map<ContentFields['read']>({ messages: list(receipt, 1, MAX_RECEIPTS) }),
  viewed: map<ContentFields['viewed']>({ messages: list(receipt, 1, MAX_RECEIPTS) }),
  timer: map<ContentFields['timer']>({ timer }),
  delete: map<ContentFields['delete']>({ messages: list(messageRef, 1, MAX_REFERENCES) }),
  clear: map<ContentFields['clear']>({ initiator: uint(), responder: uint() }),
  end: map<ContentFields['end']>({}),
  screenshot: map<ContentFields['screenshot']>({ message: optional(messageRef) }),
  address: map<Route>(route),
  resend: map<ContentFields['resend']>({ ranges: list(seqRange, 1, MAX_RANGES) }),
  gone: map<ContentFields['gone']>({ hash: bytes(DIGEST_SIZE) }),
  fetched: map<ContentFields['fetched']>({ seq }),
  needPieces: map<ContentFields['needPieces']>({ seq, ranges: list(pieceRange, 1, MAX_RANGES) }),
  noop: map<ContentFields['noop']>({}),
  typing: map<ContentFields['typing']>({}),
};

const typeField = map<{ readonly type: string }>({ type: text(MAX_TYPE_SIZE, 1) });
const saltField = map<{ readonly salt: Uint8Array }>({ salt: bytes(SALT_SIZE) });

const MALFORMED: DecodedContent = { kind: 'malformed' };

/**
 * A content as bytes; each call draws a fresh salt.
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` when the content breaks its schema
 */
export function encodeContent(content: Content, random: RandomSource): Uint8Array {
  return encodeStructured({ encode: (value: Content) => toCbor(value, random) }, content, 'content');
}

/**
 * @param bytes the content; `undefined` when the padding around it was broken
 * @param seqOfBody the body's `seq`, which must be 0 exactly for the types that are not sequenced
 */
export function decodeContent(bytes: Uint8Array | undefined, seqOfBody: number): DecodedContent {
  try {
    return bytes === undefined ? MALFORMED : fromCbor(decodeCbor(bytes), seqOfBody);
  } catch {
    return MALFORMED;
  }
}

function toCbor(content: Content, random: RandomSource): CborValue {
  const schema = schemas[content.type] as Codec<unknown>;
  const fields = schema.encode(content) as Map<string, CborValue>;
  fields.set('type', content.type);
  if (isSequenced(content.type)) {
    fields.set('salt', random(SALT_SIZE));
  }
  return fields;
}

function fromCbor(value: CborValue, seqOfBody: number): DecodedContent {
  const { type } = typeField.decode(value);
  if (!isKnown(type)) {
    return { kind: 'unknown', type };
  }
  if (isSequenced(type) !== seqOfBody > 0) {
    return MALFORMED;
  }
  if (isSequenced(type)) {
    saltField.decode(value);
  }
  const fields = (schemas[type] as Codec<object>).decode(value);
  return { kind: 'known', content: { type, ...fields } as Content };
}

function isKnown(type: string): type is ContentType {
  return Object.hasOwn(schemas, type);
}
