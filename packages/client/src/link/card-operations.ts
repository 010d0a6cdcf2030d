/**
 * The operations on cards and prekeys, over one connection.
 *
 * Spec: docs/protocol/relay.md §5.
 *
 * @module
 */

import { MAX_PREKEYS_PER_FRAME } from '@secret-chat/wire';
import { requireWanted } from './abortable.ts';
import type { Ok } from './pending-requests.ts';
import type { RelayConnection } from './relay-connection.ts';
import type { OwnCard } from './relay-link.ts';
import type { RequestBody } from './request-body.ts';

/** The frames that put a card and its prekeys: what does not fit the first one follows in others. */
export function putCardBodies(
  card: OwnCard,
  sealed: Uint8Array,
  prekeys: readonly Uint8Array[],
  idleWeeks: number,
): readonly RequestBody[] {
  const first = prekeys.slice(0, MAX_PREKEYS_PER_FRAME);
  const rest = prekeys.slice(MAX_PREKEYS_PER_FRAME);
  const put: RequestBody = { op: 'putCard', ...ownership(card), card: sealed, prekeys: first, idleWeeks };
  return rest.length === 0 ? [put] : [put, ...addPrekeysBodies(card, rest)];
}

/** One frame at least: adding nothing renews the card, and tells how many there are. */
export function addPrekeysBodies(card: OwnCard, prekeys: readonly Uint8Array[]): readonly RequestBody[] {
  const bodies: RequestBody[] = [];
  for (let first = 0; first === 0 || first < prekeys.length; first += MAX_PREKEYS_PER_FRAME) {
    const some = prekeys.slice(first, first + MAX_PREKEYS_PER_FRAME);
    bodies.push({ op: 'addPrekeys', ...ownership(card), prekeys: some });
  }
  return bodies;
}

/** Sends one after the other, each once the one before it was done; resolves with how many prekeys the pool has then. */
export async function fillPool(
  connection: RelayConnection,
  { owner }: OwnCard,
  bodies: readonly RequestBody[],
  signal: AbortSignal | undefined,
): Promise<number> {
  let count = 0;
  for (const body of bodies) {
    requireWanted(signal);
    count = answerOf(connection, await connection.ask(body, owner), 'prekeys');
  }
  return count;
}

export async function getCard(connection: RelayConnection, locator: Uint8Array): Promise<Uint8Array> {
  return answerOf(connection, await connection.ask({ op: 'getCard', locator }), 'card');
}

function ownership({ owner, inviteId }: OwnCard): { readonly ownerKey: Uint8Array; readonly inviteId: Uint8Array } {
  return { ownerKey: owner.publicKey, inviteId };
}

/** What the operation's `ok` must have (§3.4). */
function answerOf<Field extends 'card' | 'prekeys'>(
  connection: RelayConnection,
  ok: Ok,
  field: Field,
): NonNullable<Ok[Field]> {
  const value = ok[field];
  if (value === undefined) {
    throw connection.misbehaved('answered without what was asked for');
  }
  return value;
}
