/**
 * Sending: contents are numbered, wait, and are sealed when there is room in the window.
 *
 * Spec: docs/protocol/delivery.md §4.
 *
 * @module
 */

import {
  type Content,
  CryptoError,
  encodeBody,
  encodeContent,
  encryptMessage,
  hashContent,
  sizeClassFor,
  type TimerValue,
  timerFromWire,
  timerToWire,
} from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { CONTENT, MESSAGE, MINE } from '../chat/message-record.ts';
import { ClientError } from '../errors.ts';
import { receiptGivenUp } from '../life/awaited.ts';
import { ENVELOPE, type OutboxRecord } from './outbox-record.ts';

/**
 * Contents that may be sealed and not acknowledged (§4.1): half of a turn's limit, so that what the other side skips and
 * what it was asked to skip before fit its memory (ratchet §7).
 */
export const WINDOW = 500;

/** A content with its number and hash, ready to wait. */
export interface NumberedContent {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** An envelope that was sealed in a change, to be put once that is committed. */
export interface SealedContent {
  readonly seq: number;
  readonly envelope: Uint8Array;
}

/**
 * Encodes a content and gives it the next seq.
 *
 * @throws `ClientError` `TOO_LONG`, `INVALID_ARGUMENT`
 */
export function numberContent(change: ChatChange, content: Content, timer: TimerValue): NumberedContent {
  const bytes = encodeFitting(change, content);
  const seq = change.record.nextSeq;
  change.record = { ...change.record, nextSeq: seq + 1 };
  return { seq, bytes, hash: hashContent(bytes, timer) };
}

/** Lets a numbered content wait: by itself, or as the entry `n` of the history that holds it. */
export function enqueue(
  change: ChatChange,
  type: Content['type'],
  { seq, bytes, hash }: NumberedContent,
  timer: TimerValue,
  n?: number,
): void {
  change.outbox.set(seq, {
    type,
    hash,
    timer: timerToWire(timer),
    ...(n === undefined ? { content: bytes } : { n }),
    sealed: false,
    put: false,
    resent: 0,
  });
}

/** Numbers and enqueues a content that no entry of the history holds. */
export function enqueueContent(change: ChatChange, content: Content): number {
  const numbered = numberContent(change, content, 'off');
  enqueue(change, content.type, numbered, 'off');
  return numbered.seq;
}

/** Whether so many further contents may be sealed for the first time. */
export function windowHasRoom({ record }: ChatChange, count = 1): boolean {
  return record.sealedSeq - record.covered + count <= WINDOW;
}

/** §8 and §12.3: it may have become stale, or been cleared, between the decision to send and the change that seals. */
export function maySeal({ record }: ChatChange): boolean {
  return record.clearing !== true && record.state !== 'stale';
}

/**
 * Seals what waits, in the order of the seqs and at most `limit`, as long as window and turn have room.
 */
export async function sealWaiting(
  change: ChatChange,
  seqs: readonly number[],
  limit: number,
): Promise<SealedContent[]> {
  const out: SealedContent[] = [];
  for (const seq of seqs) {
    const entry = change.outbox.get(seq);
    if (entry === undefined || entry.sealed) {
      continue;
    }
    const anew = seq <= change.record.sealedSeq;
    if (out.length >= limit || (!anew && !windowHasRoom(change))) {
      break;
    }
    const envelope = await sealEntry(change, seq, entry);
    if (envelope === undefined) {
      break;
    }
    out.push({ seq, envelope });
  }
  return out;
}

/** Seals what is not sequenced (content §2.2): it is put once, and never again. `undefined` when the turn is used up. */
export function sealUnsequenced(change: ChatChange, type: 'noop' | 'typing'): Uint8Array | undefined {
  return seal(change, 0, 'off', encodeContent({ type }, change.context.effects.random));
}

async function sealEntry(change: ChatChange, seq: number, entry: OutboxRecord): Promise<Uint8Array | undefined> {
  const { records, outbox } = change;
  const content = entry.content ?? (await contentOf(change, entry));
  const stored: OutboxRecord = content === undefined ? toGone(change, entry) : entry;
  const bytes = content ?? (stored.content as Uint8Array);
  const envelope = seal(change, seq, timerFromWire(entry.timer), bytes);
  if (envelope !== undefined) {
    outbox.set(seq, { ...stored, sealed: true, put: false });
    records.put(ENVELOPE, seq, envelope);
    const { record } = change;
    // It is put until it is acknowledged, and with it the `ack` that it carries.
    change.record = { ...record, told: record.got, sealedSeq: Math.max(record.sealedSeq, seq) };
    await notePut(change, stored);
    if (stored.n === undefined && stored.timer !== 0) {
      await goneInstead(change, seq);
    }
  }
  return envelope;
}

/** Timers §5: its receipt cannot be on a relay before now. */
async function notePut(
  { records, transaction, context: { life } }: ChatChange,
  { n, timer }: OutboxRecord,
): Promise<void> {
  const entry = n === undefined || timer === 0 ? undefined : await records.get(MESSAGE, n);
  if (n !== undefined && entry !== undefined && entry.putMs === undefined) {
    records.put(MESSAGE, n, { ...entry, putMs: life.nowMs(), putEra: life.era });
    // Without it the next process could not know whether this time is on its scale.
    life.mark(transaction);
  }
}

/** §6.3: they get `gone` in the place of a message. */
async function goneInstead(change: ChatChange, seq: number): Promise<void> {
  const n = (await change.records.get(MINE, seq))?.n;
  if (n !== undefined) {
    await receiptGivenUp(change, n);
  }
}

function contentOf(change: ChatChange, { n }: OutboxRecord): Promise<Uint8Array | undefined> {
  return n === undefined ? Promise.resolve(undefined) : change.records.getItem(CONTENT, n);
}

/** §4.5: what is not there any more is replaced by `gone` under its seq, with the hash it had. */
export function toGone(change: ChatChange, entry: OutboxRecord): OutboxRecord {
  const { n: _destroyed, ...rest } = entry;
  return {
    ...rest,
    content: encodeContent({ type: 'gone', hash: entry.hash }, change.context.effects.random),
    sealed: false,
    put: false,
  };
}

function seal(change: ChatChange, seq: number, timer: TimerValue, content: Uint8Array): Uint8Array | undefined {
  const { got, gotDigest } = change.record;
  if (!maySeal(change)) {
    return undefined;
  }
  const sizeClass = sizeClassFor(content.length);
  const body = encodeBody(sizeClass, { seq, ack: got, digest: gotDigest, timer }, content);
  try {
    const sealed = encryptMessage(change.ratchet, sizeClass, body, change.context.effects.random);
    change.ratchet = sealed.state;
    return sealed.envelope;
  } catch (error) {
    // The next turn of the other side opens a new one for this side.
    if (error instanceof CryptoError && (error.code === 'CHAIN_EXHAUSTED' || error.code === 'TURN_NOT_OPEN')) {
      return undefined;
    }
    throw error;
  } finally {
    body.fill(0);
  }
}

function encodeFitting(change: ChatChange, content: Content): Uint8Array {
  try {
    const bytes = encodeContent(content, change.context.effects.random);
    sizeClassFor(bytes.length);
    return bytes;
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'TOO_LONG') {
      throw new ClientError('TOO_LONG', 'this text is too long for a message; send it as a file');
    }
    throw new ClientError('INVALID_ARGUMENT', `this ${content.type} is not well-formed`);
  }
}
