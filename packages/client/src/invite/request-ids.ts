/**
 * Requests that were committed: a repeat is acknowledged and dropped, as long as a prekey lives that opens it.
 *
 * Spec: docs/protocol/handshake.md §6.3.
 *
 * @module
 */

import { constantTimeEqual } from '@secret-chat/crypto';
import { numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { Vault } from '../vault/vault.ts';
import { REQUEST_IDS } from './invite-record.ts';

/** Positions are 53 bits: ids that begin alike share a record (vault §6). */
const POSITION_BYTES = 6;

export async function isKnownRequest(vault: Vault, invite: number, card: number, id: Uint8Array): Promise<boolean> {
  const ids = await vault.get(REQUEST_IDS, scopeOf(invite, card), positionOf(id));
  return (ids ?? []).some((known) => constantTimeEqual(known, id));
}

export async function rememberRequest(
  vault: Vault,
  transaction: Transaction,
  invite: number,
  card: number,
  id: Uint8Array,
): Promise<void> {
  const scope = scopeOf(invite, card);
  const ids = (await vault.get(REQUEST_IDS, scope, positionOf(id))) ?? [];
  transaction.put(REQUEST_IDS, scope, positionOf(id), [...ids, id]);
}

/** Once no prekey of the card opens a request any more. */
export async function forgetRequests(
  vault: Vault,
  transaction: Transaction,
  invite: number,
  card: number,
): Promise<void> {
  const scope = scopeOf(invite, card);
  for (const { position } of await vault.page(REQUEST_IDS, scope)) {
    transaction.delete(REQUEST_IDS, scope, position);
  }
}

function scopeOf(invite: number, card: number): Uint8Array {
  const scope = new Uint8Array(16);
  scope.set(numberScope(invite));
  scope.set(numberScope(card), 8);
  return scope;
}

function positionOf(id: Uint8Array): number {
  return id.subarray(0, POSITION_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
}
