/**
 * One-time prekeys of an invite: made, kept until they are used or too old, and put into the relay's pool.
 *
 * Spec: docs/protocol/invite.md §4.3 and §4.5.
 *
 * @module
 */

import {
  deserializeOneTimePrekey,
  generateOneTimePrekey,
  type InviteKeys,
  type OneTimePrekeyPair,
  sealOneTimePrekey,
  serializeOneTimePrekey,
  wipeOneTimePrekey,
} from '@secret-chat/crypto';
import { type DeviceContext, nowSeconds } from '../device/context.ts';
import { numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { ONE_TIME } from './invite-record.ts';

/** A one-time invite needs one, and some for who fetched it and crashed; a reusable one as many as a frame holds. */
const POOL = { oneTime: 8, reusable: 40 } as const;

/**
 * Private halves that are held at most. A relay that says that all are taken, or who takes them all, makes this device hold
 * no more for it; requests use the last-resort key then.
 */
export const MAX_HELD = 1_000;

/** How many prekeys a full pool has. */
export function poolSize(reusable: boolean): number {
  return reusable ? POOL.reusable : POOL.oneTime;
}

/** Makes prekeys with the ids from `firstId` on, stores their private halves with `transaction`, and returns them sealed. */
export function addOneTimePrekeys(
  context: DeviceContext,
  transaction: Transaction,
  invite: number,
  keys: InviteKeys,
  firstId: number,
  count: number,
): Uint8Array[] {
  const { identity, effects } = context;
  return Array.from({ length: count }, (_, i) => {
    const pair = generateOneTimePrekey(firstId + i, nowSeconds(context), effects.random);
    const bytes = serializeOneTimePrekey(pair);
    transaction.put(ONE_TIME, numberScope(invite), pair.id, bytes);
    bytes.fill(0);
    const sealed = sealOneTimePrekey(identity, keys.inviteId, keys.prekeyKey, pair, effects.random);
    wipeOneTimePrekey(pair);
    return sealed;
  });
}

/** The private halves of a pair; the caller wipes them. */
export async function readOneTimePrekey(
  context: DeviceContext,
  invite: number,
  id: number,
): Promise<OneTimePrekeyPair | undefined> {
  const bytes = await context.vault.get(ONE_TIME, numberScope(invite), id);
  return bytes === undefined ? undefined : deserializeOneTimePrekey(bytes);
}

/** Removes those that are too old to be used, or all. Returns how many are left. */
export async function removeOneTimePrekeys(
  context: DeviceContext,
  transaction: Transaction,
  invite: number,
  which: 'expired' | 'all',
): Promise<number> {
  let left = 0;
  const now = nowSeconds(context);
  for (const { position, value } of await context.vault.page(ONE_TIME, numberScope(invite))) {
    const pair = deserializeOneTimePrekey(value);
    if (which === 'all' || pair.notAfter <= now) {
      transaction.delete(ONE_TIME, numberScope(invite), position);
    } else {
      left += 1;
    }
    wipeOneTimePrekey(pair);
  }
  return left;
}
