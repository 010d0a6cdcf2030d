/**
 * The stored deadlines of a chat, in their order.
 *
 * Entries that end in the same millisecond share a record; a full one makes way to the millisecond before (vault §6), so that
 * adding one costs the same however many were read together.
 *
 * Spec: docs/protocol/timers.md §8.
 *
 * @module
 */

import type { ChatChange } from '../chat/chat-session.ts';
import { DEADLINE } from './life-record.ts';

/** Entries in one record. */
const TOGETHER = 64;

/** From now on the entry ends then. */
export async function addDeadline(change: ChatChange, n: number, deadlineMs: number): Promise<void> {
  let position = deadlineMs;
  let together = (await change.records.get(DEADLINE, position)) ?? [];
  while (together.length >= TOGETHER && position > 0) {
    position -= 1;
    together = (await change.records.get(DEADLINE, position)) ?? [];
  }
  change.records.put(DEADLINE, position, [...together, n]);
  change.afterwards.push(() => change.context.deadlines.note(change.session, position));
}

/** The entry does not end then any more. One that is not found is harmless: it names an entry that is gone. */
export async function removeDeadline(change: ChatChange, n: number, deadlineMs: number): Promise<void> {
  let position = deadlineMs;
  let together = await change.records.get(DEADLINE, position);
  while (together !== undefined && !together.includes(n) && together.length >= TOGETHER) {
    position -= 1;
    together = await change.records.get(DEADLINE, position);
  }
  const others = together?.filter((other) => other !== n);
  if (together === undefined || others === undefined || others.length === together.length) {
    return;
  }
  if (others.length === 0) {
    change.records.delete(DEADLINE, position);
  } else {
    change.records.put(DEADLINE, position, others);
  }
}
