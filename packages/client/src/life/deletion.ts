/**
 * Deleting messages on both sides.
 *
 * Spec: docs/protocol/content.md §3.4, docs/protocol/delivery.md §12.
 *
 * @module
 */

import { list, uint } from '@secret-chat/cbor';
import { MAX_REFERENCES, type MessageRef } from '@secret-chat/crypto';
import { type ChatChange, roleOf } from '../chat/chat-session.ts';
import { numberOf, referenceTo } from '../chat/history.ts';
import { MESSAGE } from '../chat/message-record.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import type { RecordKind } from '../vault/record-kind.ts';
import { destroyEntry } from './destroy.ts';

/** Entries that the other side was asked to delete. Position: the seq that asks. */
export const DELETION: RecordKind<readonly number[]> = { kind: 'deletion', codec: list(uint(), 1, MAX_REFERENCES) };

/** Seqs of theirs that are not here yet, and are destroyed when they come. Position: the seq. */
export const TOMBSTONE: RecordKind<number> = { kind: 'tombstone', codec: uint() };

/** Destroys entries here, and asks the other side to. Those that are no messages are destroyed here alone. */
export async function deleteEntries(change: ChatChange, numbers: readonly number[]): Promise<void> {
  const asked: { readonly n: number; readonly ref: MessageRef }[] = [];
  for (const n of new Set(numbers)) {
    const stored = await change.records.get(MESSAGE, n);
    const ref = stored === undefined ? undefined : await referenceTo(change, n);
    if (stored !== undefined) {
      await destroyEntry(change, n, stored, 'deleted');
    }
    if (ref !== undefined) {
      asked.push({ n, ref });
    }
  }
  for (let first = 0; first < asked.length; first += MAX_REFERENCES) {
    const some = asked.slice(first, first + MAX_REFERENCES);
    const seq = enqueueContent(change, { type: 'delete', messages: some.map(({ ref }) => ref) });
    const deleted = some.map(({ n }) => n);
    change.records.put(DELETION, seq, deleted);
    change.events.push({ type: 'deletion', chat: change.session.n, numbers: deleted, state: 'asked' });
  }
}

/** The other side has executed what it was asked for: its `ack` covers it. */
export async function deletionCovered(change: ChatChange, seq: number): Promise<void> {
  const numbers = await change.records.get(DELETION, seq);
  if (numbers !== undefined) {
    change.records.delete(DELETION, seq);
    change.events.push({ type: 'deletion', chat: change.session.n, numbers, state: 'confirmed' });
  }
}

/** The other side asks. What has not come yet leaves a mark. */
export async function deletedByThem(change: ChatChange, refs: readonly MessageRef[]): Promise<void> {
  for (const ref of refs) {
    const n = await numberOf(change, ref);
    const stored = n === undefined ? undefined : await change.records.get(MESSAGE, n);
    if (n !== undefined && stored !== undefined) {
      await destroyEntry(change, n, stored, 'deleted');
    } else if (ref.sender === roleOf(change.record, 'them')) {
      await bury(change, ref.seq);
    }
  }
}

/** A seq of theirs that may still come. */
async function bury(change: ChatChange, seq: number): Promise<void> {
  const { got, tombstones = 0 } = change.record;
  const held = change.ahead.get(seq);
  if (held !== undefined) {
    // Here and not shown yet: only what the order needs of it stays.
    change.ahead.set(seq, { hash: held.hash, timer: held.timer });
  } else if (seq > got && seq <= got + MAX_BURIED && (await change.records.get(TOMBSTONE, seq)) === undefined) {
    change.records.put(TOMBSTONE, seq, 1);
    change.record = { ...change.record, tombstones: tombstones + 1 };
  }
}

/** As far ahead as contents are taken (delivery §5.3). */
const MAX_BURIED = 1_000;

/** Whether a content that comes now was deleted or cleared before. */
export async function isBuried(change: ChatChange, seq: number): Promise<boolean> {
  return (await unbury(change, seq)) || seq <= (change.record.clearedTheirs ?? 0);
}

/** Something came under a seq: nothing else will, so it need not be marked any more. Returns whether it was. */
export async function unbury(change: ChatChange, seq: number): Promise<boolean> {
  const { tombstones = 0 } = change.record;
  if (tombstones === 0 || (await change.records.get(TOMBSTONE, seq)) === undefined) {
    return false;
  }
  change.records.delete(TOMBSTONE, seq);
  change.record = { ...change.record, tombstones: tombstones - 1 };
  return true;
}
