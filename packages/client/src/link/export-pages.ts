/**
 * Everything that a relay holds of a mailbox or a card, page by page.
 *
 * Spec: docs/protocol/relay.md §6.1.
 *
 * @module
 */

import type { Ed25519KeyPair } from '@secret-chat/crypto';
import type { ExportedItem } from '@secret-chat/wire';
import { requireWanted } from './abortable.ts';
import type { RelayConnection } from './relay-connection.ts';
import type { RequestBody } from './request-body.ts';

/** Four times what relays hold for one mailbox by default; at most 256 MiB, should one never come to an end. */
export const MAX_EXPORTED_ITEMS = 16_384;

export type ExportBody = Extract<RequestBody, { readonly op: 'exportMailbox' | 'exportCard' }>;

export async function exportPages(
  connection: RelayConnection,
  body: ExportBody,
  owner: Ed25519KeyPair,
  signal: AbortSignal | undefined,
): Promise<readonly ExportedItem[]> {
  const items: ExportedItem[] = [];
  let after: number | undefined;
  for (;;) {
    requireWanted(signal);
    const page = await connection.ask(after === undefined ? body : { ...body, after }, owner);
    if (page.items === undefined) {
      throw connection.misbehaved('answered without what was asked for');
    }
    items.push(...page.items);
    if (page.next === undefined) {
      return items;
    }
    if (page.items.length === 0 || page.next <= (after ?? -1) || items.length > MAX_EXPORTED_ITEMS) {
      throw connection.misbehaved('exports without an end');
    }
    after = page.next;
  }
}
