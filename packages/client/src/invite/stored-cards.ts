/**
 * Cards of an invite: the newest, and older ones as long as a request may name them.
 *
 * Spec: docs/protocol/invite.md §4.5 and §5.
 *
 * @module
 */

import {
  type CardKeys,
  createCard,
  deserializeCardKeys,
  type InviteKeys,
  PREKEY_ROTATION_SECONDS,
  serializeCardKeys,
  wipeCardKeys,
} from '@secret-chat/crypto';
import { type DeviceContext, nowSeconds } from '../device/context.ts';
import { deserializeMailbox } from '../link/mailbox.ts';
import { numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { CARD, type InviteRecord } from './invite-record.ts';
import { forgetRequests } from './request-ids.ts';

/** Makes the invite's next card, stores its private keys with `transaction`, and returns the record with it. */
export function makeCard(
  context: DeviceContext,
  transaction: Transaction,
  invite: number,
  record: InviteRecord,
  keys: InviteKeys,
  name: string,
): InviteRecord {
  const { identity, effects } = context;
  const now = nowSeconds(context);
  const id = record.cardId + 1;
  const inbox = deserializeMailbox(record.inbox, 1);
  const made = createCard(
    identity,
    keys.cardKey,
    {
      inviteId: keys.inviteId,
      name,
      prekeyId: id,
      inbox: inbox.address,
      relay: record.relay,
      expiresAt: record.expiresAt,
      oneTime: !record.reusable,
    },
    now,
    effects.random,
  );
  inbox.owner.privateKey.wipe();
  const bytes = serializeCardKeys(made.keys);
  transaction.put(CARD, numberScope(invite), id, bytes);
  bytes.fill(0);
  wipeCardKeys(made.keys);
  return { ...record, cardId: id, cardMadeAt: now, sealedCard: made.sealed, published: false };
}

/** Whether it is time for new prekeys; a clock that was set back does not stop them for ever. */
export function cardIsOld(context: DeviceContext, { cardMadeAt }: InviteRecord): boolean {
  const age = nowSeconds(context) - cardMadeAt;
  return age >= PREKEY_ROTATION_SECONDS || age < -PREKEY_ROTATION_SECONDS;
}

/** The keys of a card; the caller wipes them. */
export async function readCard(context: DeviceContext, invite: number, id: number): Promise<CardKeys | undefined> {
  const bytes = await context.vault.get(CARD, numberScope(invite), id);
  return bytes === undefined ? undefined : deserializeCardKeys(bytes, context.identity.publicKey);
}

/** Removes cards whose prekeys are too old, with the requests known under them; or all. */
export async function removeCards(
  context: DeviceContext,
  transaction: Transaction,
  invite: number,
  which: 'expired' | 'all',
): Promise<void> {
  const now = nowSeconds(context);
  for (const { position, value } of await context.vault.page(CARD, numberScope(invite))) {
    const keys = deserializeCardKeys(value, context.identity.publicKey);
    if (which === 'all' || keys.card.signedPrekey.notAfter <= now) {
      transaction.delete(CARD, numberScope(invite), position);
      await forgetRequests(context.vault, transaction, invite, position);
    }
    wipeCardKeys(keys);
  }
}
