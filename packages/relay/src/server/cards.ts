/**
 * The operations on cards and their pools of one-time prekeys.
 *
 * Spec: docs/protocol/relay.md §5 and §6.
 *
 * @module
 */

import { type ExportedItem, MAX_EXPORT_ITEMS, type RequestOf } from '@secret-chat/wire';
import type { CardResult } from '../store/relay-store.ts';
import { idleExpiry } from './expiry.ts';
import { sha256 } from './hash.ts';
import { DONE, type Outcome, rateLimited, refuse } from './outcome.ts';
import type { Peer } from './peer.ts';
import { type Services, seconds } from './services.ts';

/** §5.1: stores or replaces. */
export async function putCard(
  { store, effects, rates }: Services,
  peer: Peer,
  request: RequestOf<'putCard'>,
): Promise<Outcome> {
  const { inviteId, ownerKey, card, prekeys, idleWeeks } = request;
  const now = seconds(effects);
  const expiresAt = idleExpiry(now, idleWeeks);
  if (expiresAt === undefined) {
    return refuse('OUT_OF_RANGE');
  }
  const isNew = (await store.getCard(inviteId, now)) === undefined;
  const wait = isNew ? rates.cards.take(peer.network, effects.monotonic()) : 0;
  if (wait > 0) {
    return rateLimited(wait);
  }
  try {
    const item = { inviteId, owner: sha256(ownerKey), card, prekeys, expiresAt, idleWeeks };
    return cardOutcome(await store.putCard(item, now));
  } catch (error) {
    if (isNew) {
      rates.cards.give(peer.network);
    }
    throw error;
  }
}

export async function addPrekeys(
  { store, effects }: Services,
  { inviteId, ownerKey, prekeys }: RequestOf<'addPrekeys'>,
): Promise<Outcome> {
  return cardOutcome(await store.addPrekeys(inviteId, sha256(ownerKey), prekeys, seconds(effects)));
}

/** §5.2: the card as it was put. */
export async function getCard({ store, effects }: Services, inviteId: Uint8Array): Promise<Outcome> {
  const found = await store.getCard(inviteId, seconds(effects));
  return found === undefined ? refuse('GONE') : { ok: { card: found.card } };
}

/** §5.2: at most once each, and seldom for one network. */
export async function takePrekey(
  { store, effects, rates }: Services,
  peer: Peer,
  inviteId: Uint8Array,
): Promise<Outcome> {
  const wait = rates.prekeys.take(peer.network, effects.monotonic());
  if (wait > 0) {
    return rateLimited(wait);
  }
  let taken: Uint8Array | 'gone' | undefined;
  try {
    taken = await store.takePrekey(inviteId, seconds(effects));
  } finally {
    if (!(taken instanceof Uint8Array)) {
      rates.prekeys.give(peer.network);
    }
  }
  return taken === 'gone' ? refuse('GONE') : { ok: taken === undefined ? {} : { prekey: taken } };
}

/** §5.3: ends an invite. */
export async function removeCard(
  { store }: Services,
  { inviteId, ownerKey }: RequestOf<'removeCard'>,
): Promise<Outcome> {
  const removed = await store.removeCard(inviteId, sha256(ownerKey));
  return removed === 'removed' ? DONE : refuse(removed === 'gone' ? 'GONE' : 'BAD_PROOF');
}

/** §6.1: the card on the first page, then the prekeys left in its pool. */
export async function exportCard(
  { store, effects }: Services,
  { inviteId, ownerKey, after }: RequestOf<'exportCard'>,
): Promise<Outcome> {
  const now = seconds(effects);
  const limit = after === undefined ? MAX_EXPORT_ITEMS - 1 : MAX_EXPORT_ITEMS;
  const page = await store.exportCard(inviteId, sha256(ownerKey), after ?? 0, limit, now);
  const held = await store.getCard(inviteId, now);
  if (page === 'not-owner') {
    return refuse('BAD_PROOF');
  }
  if (page === 'gone' || held === undefined) {
    return refuse('GONE');
  }
  const { card, expiresAt } = held;
  const head: ExportedItem[] = after === undefined ? [{ kind: 'card', bytes: card, expiresAt }] : [];
  const prekeys = page.items.map((bytes): ExportedItem => ({ kind: 'prekey', bytes, expiresAt }));
  return { ok: { items: [...head, ...prekeys], ...(page.next === undefined ? {} : { next: page.next }) } };
}

/** §3.3 says `BAD_PROOF` also of a key that is not the owner's. */
function cardOutcome(result: CardResult): Outcome {
  switch (result) {
    case 'not-owner':
      return refuse('BAD_PROOF');
    case 'full':
      return refuse('OUT_OF_RANGE');
    case 'relay-full':
      return refuse('RELAY_FULL');
    case 'gone':
      return refuse('GONE');
    default:
      return { ok: { prekeys: result.prekeys } };
  }
}
