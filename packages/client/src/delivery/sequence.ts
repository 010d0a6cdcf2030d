/**
 * Order: each content is applied once, in the order of its seq, whatever order envelopes arrive in.
 *
 * What arrives before something else is held. If the missing does not come, what is held is shown and the missing is
 * asked for; what then comes late is put in its place.
 *
 * Spec: docs/protocol/delivery.md §5.2, §5.3 and §6.
 *
 * @module
 */

import {
  constantTimeEqual,
  type DecodedBody,
  decodeContent,
  digestEntry,
  extendDigest,
  MAX_RANGES,
  type Range,
  timerToWire,
} from '@secret-chat/crypto';
import { applyContent } from '../chat/apply-content.ts';
import type { ChatChange } from '../chat/chat-session.ts';
import { addEntry } from '../chat/history.ts';
import { MESSAGE, THEIRS } from '../chat/message-record.ts';
import { unbury } from '../life/deletion.ts';
import { GAP } from './gap-record.ts';
import { fromHeld, hold, isHeld } from './held.ts';
import type { Incoming } from './incoming.ts';
import { enqueueContent, WINDOW } from './sealing.ts';
import { markStale } from './stale.ts';

/** How far ahead of what is here an honest sender can be: its window, and as much again for safety. */
const MAX_AHEAD: number = 2 * WINDOW;

/** Takes the content of a body, of either kind. */
export async function receiveSequenced(
  change: ChatChange,
  body: DecodedBody,
): Promise<'sequenced' | 'noop' | 'typing'> {
  const decoded = decodeContent(body.content, body.seq);
  if (body.seq === 0) {
    return decoded.kind === 'known' && decoded.content.type === 'typing' ? 'typing' : 'noop';
  }
  const hash = digestEntry(body.content, body.timer, decoded);
  await place(change, { seq: body.seq, timer: body.timer, bytes: body.content, decoded, hash });
  return 'sequenced';
}

/** Whether something of theirs is missing before what is here. */
export function hasGap({
  record,
  ahead,
}: {
  readonly record: ChatChange['record'];
  readonly ahead: { readonly size: number };
}): boolean {
  return ahead.size > 0 || record.surfaced > record.got;
}

async function place(change: ChatChange, incoming: Incoming): Promise<void> {
  const { seq } = incoming;
  const { got } = change.record;
  if (seq <= got || change.ahead.has(seq)) {
    await compareRepeated(change, incoming);
    return;
  }
  if (seq > got + MAX_AHEAD) {
    // No honest sender: its envelope was opened, and nothing else comes of it.
    return;
  }
  const front = Math.max(got, change.record.surfaced);
  if (seq === got + 1 && front === got && !change.ahead.has(seq + 1)) {
    // As nearly always: the next one, and nothing is held behind it.
    await apply(change, incoming);
    const gotDigest = extendDigest(change.record.gotDigest, seq, incoming.hash);
    change.record = { ...change.record, got: seq, gotDigest };
    return;
  }
  if (seq > front + 1) {
    hold(change, incoming);
    return;
  }
  if (seq <= front) {
    await applyLate(change, incoming);
  } else {
    await apply(change, incoming);
    settle(change, incoming);
    await applyHeld(change, seq + 1);
  }
  advance(change);
}

/** What makes no entry of the history could not be deleted, and takes away the mark all the same. */
async function apply(change: ChatChange, incoming: Incoming): Promise<void> {
  await applyContent(change, incoming);
  await unbury(change, incoming.seq);
}

/** The same seq again must say the same: else it comes from a copy of their store (§8). */
async function compareRepeated(change: ChatChange, { seq, hash }: Incoming): Promise<void> {
  const known = change.ahead.get(seq)?.hash ?? (await change.records.get(THEIRS, seq))?.hash;
  if (known !== undefined && !constantTimeEqual(known, hash)) {
    await markStale(change, 'fork');
  }
}

/** Applied: its hash is kept until the digest has come so far. */
function settle(change: ChatChange, { seq, hash, timer }: Incoming): void {
  change.ahead.set(seq, { hash, timer: timerToWire(timer) });
  if (seq > change.record.got + 1 && seq > change.record.surfaced) {
    change.record = { ...change.record, surfaced: seq };
  }
}

/** Applies what was held, from `seq` on without a gap. Returns the first seq that is not here. */
async function applyHeld(change: ChatChange, from: number): Promise<number> {
  let seq = from;
  for (let held = change.ahead.get(seq); held !== undefined; held = change.ahead.get(seq)) {
    const incoming = fromHeld(seq, held);
    if (isHeld(held)) {
      await apply(change, incoming);
    }
    // Also what was deleted while it was held: the front has passed it.
    settle(change, incoming);
    seq += 1;
  }
  return seq;
}

async function applyLate(change: ChatChange, incoming: Incoming): Promise<void> {
  const { seq } = incoming;
  const [gap] = await change.records.page(GAP, { to: seq, reverse: true, limit: 1 });
  const standsAt = gap !== undefined && seq < gap.position + gap.value.count ? gap.value.n : undefined;
  const standing = standsAt === undefined ? undefined : await change.records.get(MESSAGE, standsAt);
  // The entry that stood for it may have been deleted or cleared meanwhile.
  const place = standing === undefined ? undefined : standsAt;
  const n = change.record.nextN;
  await apply(change, { ...incoming, place });
  settle(change, incoming);
  if (place !== undefined && standing !== undefined) {
    const late = change.record.nextN > n ? [...(standing.late ?? []), { seq, n }] : standing.late;
    const count = Math.max(0, (standing.count ?? 1) - 1);
    change.records.put(MESSAGE, place, { ...standing, count, ...(late === undefined ? {} : { late }) });
  }
}

/** Moves `got` and its digest over everything that is here without a gap. */
function advance(change: ChatChange): void {
  let { got, gotDigest } = change.record;
  for (let next = change.ahead.get(got + 1); next !== undefined && !isHeld(next); next = change.ahead.get(got + 1)) {
    got += 1;
    gotDigest = extendDigest(gotDigest, got, next.hash);
    change.ahead.delete(got);
  }
  change.record = {
    ...change.record,
    got,
    gotDigest,
    surfaced: change.record.surfaced > got ? change.record.surfaced : 0,
  };
}

/**
 * Gives up waiting (§6): an entry stands for each run of missing seqs, what was held is shown, and the missing is asked
 * for again.
 */
export async function surfaceGaps(change: ChatChange): Promise<void> {
  const last = Math.max(0, ...seqsAhead(change));
  const ranges: Range[] = [];
  const front = Math.max(change.record.got, change.record.surfaced);
  // What was asked for before and has still not come is asked for again, without another entry.
  ranges.push(...missingRuns(change, change.record.got + 1, front));
  let seq = front + 1;
  while (seq <= last) {
    const end = endOfRun(change, seq, last);
    if (end > seq) {
      const range = { from: seq, to: end - 1 };
      standIn(change, range);
      ranges.push(range);
    }
    seq = await applyHeld(change, end);
  }
  advance(change);
  if (!asksAlready(change)) {
    for (let i = 0; i < ranges.length; i += MAX_RANGES) {
      enqueueContent(change, { type: 'resend', ranges: ranges.slice(i, i + MAX_RANGES) });
    }
  }
}

/** Whether a question still waits to be sealed: who never acknowledges does not make it one more each time. */
function asksAlready({ session, outbox }: ChatChange): boolean {
  return [...session.outbox.entries()].some(
    ([seq, { type }]) => type === 'resend' && outbox.get(seq)?.sealed === false,
  );
}

/** An entry of the history for seqs that are missing. */
function standIn(change: ChatChange, { from, to }: Range): void {
  if (change.record.state === 'ended') {
    return;
  }
  const count = to - from + 1;
  const entry = addEntry(change, { from: 'them', kind: 'missing', state: 'read', seq: from, timer: 'off', count });
  change.records.put(GAP, from, { n: entry.n, count });
  change.events.push(
    { type: 'missing', chat: change.session.n, n: entry.n, count },
    { type: 'message', chat: change.session.n, message: entry },
  );
}

function missingRuns(change: ChatChange, from: number, to: number): Range[] {
  const out: Range[] = [];
  for (let seq = from; seq <= to; ) {
    const end = endOfRun(change, seq, to);
    if (end > seq) {
      out.push({ from: seq, to: end - 1 });
    }
    seq = end + 1;
  }
  return out;
}

/** The first seq from `seq` on that is here, at most `last + 1`. */
function endOfRun(change: ChatChange, seq: number, last: number): number {
  let end = seq;
  while (end <= last && !change.ahead.has(end)) {
    end += 1;
  }
  return end;
}

function seqsAhead(change: ChatChange): number[] {
  return [...change.session.ahead.entries()].map(([seq]) => seq);
}
