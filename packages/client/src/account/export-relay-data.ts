/**
 * Asking relays for a copy of everything that they hold for a device.
 *
 * Spec: docs/protocol/export.md, docs/protocol/relay.md §6.
 *
 * @module
 */

import { deriveInviteKeys, ed25519KeyPair, Secret, wipeInviteKeys } from '@secret-chat/crypto';
import type { ExportedItem } from '@secret-chat/wire';
import { CHAT } from '../chat/chat-record.ts';
import { mailboxesOf } from '../delivery/chat-mailboxes.ts';
import { type DeviceContext, nowMs } from '../device/context.ts';
import { ERRAND } from '../device/device-record.ts';
import { isClientError } from '../errors.ts';
import { INVITE } from '../invite/invite-record.ts';
import { deserializeMailbox, mailboxAddress } from '../link/mailbox.ts';
import type { OwnCard, OwnMailbox } from '../link/relay-link.ts';
import { isoTime } from '../platform.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import { base64 } from './base64.ts';
import { exportPieces } from './export-pieces.ts';
import {
  EXPORT_WORDS,
  type ExportedBytes,
  type ExportedCard,
  type ExportedMailbox,
  type RelayExport,
} from './relay-export.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** The last second that has a name (ECMA-262, Time Values and Time Range); a relay may name any number. */
const LAST_SECOND = 8_640_000_000_000;

interface Asked<T> {
  readonly relay: string;
  readonly what: string;
  readonly of: T;
}

/**
 * Asks every relay that this device uses, all at once. What cannot be reached before `signal` is named as such.
 *
 * @throws `ClientError` `CLOSED`, `STORE_…`
 */
export async function exportRelayData(
  context: DeviceContext,
  idleWeeks: number,
  signal: AbortSignal,
): Promise<RelayExport> {
  const unreachable: { relay: string; what: string; why: string }[] = [];
  const boxes = await ownMailboxes(context, idleWeeks);
  const cards = await ownCards(context);
  const ask = async <T, R>(asked: Asked<T>, run: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await run();
    } catch (error) {
      if (!(isClientError(error) && error.relayCode === 'GONE')) {
        unreachable.push({ relay: asked.relay, what: asked.what, why: whyUnreachable(error) });
      }
      return undefined;
    }
  };
  // A signal for each: of one with dozens of listeners, platforms warn as of a leak.
  const options = () => ({ wait: true, signal: AbortSignal.any([signal]) });
  const [mailboxes, heldCards, files] = await Promise.all([
    Promise.all(
      boxes.map(async (box) => {
        const items = await ask(box, () => context.links.get(box.relay).exportMailbox(box.mailbox, options()));
        box.mailbox.owner.privateKey.wipe();
        return items === undefined ? [] : [exportedMailbox(box, items)];
      }),
    ),
    Promise.all(
      cards.map(async (card) => {
        const items = await ask(card, () => context.links.get(card.relay).exportCard(card.card, options()));
        card.card.owner.privateKey.wipe();
        return items === undefined ? [] : exportedCard(card, items);
      }),
    ),
    exportPieces(context, signal),
  ]);
  return {
    format: 'secret-chat relay export',
    version: 1,
    madeAt: isoTime(nowMs(context)),
    words: EXPORT_WORDS,
    relays: [...new Set([...[...boxes, ...cards].map(({ relay }) => relay), ...files.relays])],
    mailboxes: mailboxes.flat(),
    cards: heldCards.flat(),
    pieces: files.pieces,
    unreachable: [...unreachable, ...files.unreachable],
  };
}

type AskedMailbox = Asked<ExportedMailbox['of']> & { readonly mailbox: OwnMailbox };
type AskedCard = Asked<ExportedCard['of']> & { readonly card: OwnCard };

async function ownMailboxes({ vault }: DeviceContext, idleWeeks: number): Promise<AskedMailbox[]> {
  const out: AskedMailbox[] = [];
  const add = (relay: string, what: string, of: ExportedMailbox['of'], bytes: Uint8Array) =>
    out.push({ relay, what, of, mailbox: deserializeMailbox(bytes, idleWeeks) });
  for (const { position: chat, value } of await vault.page(CHAT, NO_SCOPE)) {
    for (const { role, relay, bytes } of mailboxesOf(value)) {
      add(relay, `mailbox of chat ${chat}`, { chat, role }, bytes);
    }
  }
  for (const { position: invite, value } of await vault.page(INVITE, NO_SCOPE)) {
    add(value.relay, `mailbox of invite ${invite}`, { invite }, value.inbox);
  }
  for (const { value } of await vault.page(ERRAND, NO_SCOPE)) {
    if (value.what === 'closeMailbox') {
      const bytes = new Uint8Array([...value.seed, ...value.id]);
      add(value.relay, 'a mailbox that is to be closed', { closing: true }, bytes);
    }
  }
  return out;
}

async function ownCards({ vault }: DeviceContext): Promise<AskedCard[]> {
  const out: AskedCard[] = [];
  const add = (relay: string, what: string, of: ExportedCard['of'], seed: Uint8Array, inviteId: Uint8Array) =>
    out.push({ relay, what, of, card: { owner: ed25519KeyPair(new Uint8Array(seed)), inviteId } });
  for (const { position: invite, value } of await vault.page(INVITE, NO_SCOPE)) {
    const keys = deriveInviteKeys(new Secret(new Uint8Array(value.secret)));
    add(value.relay, `card of invite ${invite}`, { invite }, value.cardSeed, new Uint8Array(keys.inviteId));
    wipeInviteKeys(keys);
  }
  for (const { value } of await vault.page(ERRAND, NO_SCOPE)) {
    if (value.what === 'removeCard') {
      add(value.relay, 'a card that is to be removed', { closing: true }, value.seed, value.id);
    }
  }
  return out;
}

function exportedMailbox({ relay, of, mailbox }: AskedMailbox, items: readonly ExportedItem[]): ExportedMailbox {
  const [head, ...envelopes] = items;
  const address = base64(mailboxAddress(mailbox.owner.publicKey, mailbox.random));
  return { relay, of, address, expiresAt: timeOf(head?.expiresAt ?? 0), envelopes: envelopes.map(exportedBytes) };
}

function exportedCard({ relay, of, card }: AskedCard, items: readonly ExportedItem[]): ExportedCard[] {
  const [head, ...prekeys] = items;
  return head === undefined
    ? []
    : [{ relay, of, inviteId: base64(card.inviteId), ...exportedBytes(head), prekeys: prekeys.map(exportedBytes) }];
}

function exportedBytes({ bytes, expiresAt }: ExportedItem): ExportedBytes {
  return { bytes: base64(bytes), expiresAt: timeOf(expiresAt) };
}

function timeOf(seconds: number): string {
  return isoTime(Math.min(seconds, LAST_SECOND) * 1000);
}
