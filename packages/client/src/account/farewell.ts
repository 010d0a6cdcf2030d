/**
 * Taking leave of a chat whose account is deleted: its `end` is sealed at once, and its keys are destroyed.
 *
 * Spec: docs/protocol/delivery.md §13.
 *
 * @module
 */

import type { ChatChange } from '../chat/chat-session.ts';
import { mailboxesOf } from '../delivery/chat-mailboxes.ts';
import { ENVELOPE } from '../delivery/outbox-record.ts';
import { enqueueContent, sealWaiting } from '../delivery/sealing.ts';
import type { Errands } from '../device/errands.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import { END_RECORD } from './deletion-record.ts';

const SEED_SIZE = 32;

/** What is to be told of a chat goes into the journal. The records of the chat itself are the caller's. */
export async function takeLeave(change: ChatChange, errands: Errands): Promise<void> {
  const { record, transaction, session } = change;
  const envelope = await endOf(change);
  if (envelope !== undefined) {
    const { routeRelay: relay, routeAddress: address } = record;
    transaction.put(END_RECORD, NO_SCOPE, session.n, { relay, address, envelope });
  }
  for (const { relay, bytes } of mailboxesOf(record)) {
    const parts = { seed: bytes.slice(0, SEED_SIZE), id: bytes.slice(SEED_SIZE) };
    change.afterwards.push(errands.add(transaction, { what: 'closeMailbox', relay, ...parts }));
  }
}

/** `undefined` for a chat of which the other side knows nothing, or knows that it is over, or that must not send. */
async function endOf(change: ChatChange): Promise<Uint8Array | undefined> {
  const { state, endSeq, endedByThem, covered, sealedSeq } = change.record;
  if (state === 'open') {
    return sealEnd(change);
  }
  if (state !== 'ended' || endedByThem === true || endSeq === undefined || covered >= endSeq) {
    return undefined;
  }
  const sealed = sealedSeq >= endSeq ? await change.records.get(ENVELOPE, endSeq) : undefined;
  return sealed ?? sealEnd(change);
}

/**
 * What was never sealed is dropped, and its seqs with it: nobody has seen them. So there is room in the window, whatever waits.
 * `undefined` when the turn is used up.
 */
async function sealEnd(change: ChatChange): Promise<Uint8Array | undefined> {
  const { sealedSeq } = change.record;
  change.record = { ...change.record, nextSeq: sealedSeq + 1, covered: sealedSeq };
  const seq = enqueueContent(change, { type: 'end' });
  const [sealed] = await sealWaiting(change, [seq], 1);
  // Its place is the journal.
  change.outbox.delete(seq);
  change.records.delete(ENVELOPE, seq);
  return sealed?.envelope;
}
