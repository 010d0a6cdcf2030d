/**
 * The operations on mailboxes.
 *
 * Spec: docs/protocol/relay.md §4 and §6.
 *
 * @module
 */

import { type ExportedItem, MAX_EXPORT_ITEMS, type RequestOf } from '@secret-chat/wire';
import type { Appended, RelayStore } from '../store/relay-store.ts';
import { idleExpiry, ttlExpiry } from './expiry.ts';
import { keyOf, sha256 } from './hash.ts';
import { DONE, type Outcome, rateLimited, refuse } from './outcome.ts';
import type { Peer } from './peer.ts';
import { type Services, seconds } from './services.ts';
import { Subscription } from './subscription.ts';

type Opened = Awaited<ReturnType<RelayStore['openMailbox']>>;

/** §4.2: creates or renews. */
export async function open(
  { store, effects, rates }: Services,
  peer: Peer,
  request: RequestOf<'open'>,
  mailbox: Uint8Array,
): Promise<Outcome> {
  const now = seconds(effects);
  const expiresAt = idleExpiry(now, request.idleWeeks);
  if (expiresAt === undefined) {
    return refuse('OUT_OF_RANGE');
  }
  const isNew = !(await store.hasMailbox(mailbox, now));
  const wait = isNew ? rates.mailboxes.take(peer.network, effects.monotonic()) : 0;
  if (wait > 0) {
    return rateLimited(wait);
  }
  let opened: Opened | undefined;
  try {
    opened = await store.openMailbox(mailbox, expiresAt, now);
  } finally {
    if (isNew && opened !== 'opened') {
      rates.mailboxes.give(peer.network);
    }
  }
  return opened === 'relay-full' ? refuse('RELAY_FULL') : DONE;
}

/** §4.3: `ok` once it is durable. */
export async function put(
  { puts, effects, rates }: Services,
  peer: Peer,
  request: RequestOf<'put'>,
  mailbox: Uint8Array,
): Promise<Outcome> {
  const expiresAt = ttlExpiry(seconds(effects), request.ttlHours);
  if (expiresAt === undefined) {
    return refuse('OUT_OF_RANGE');
  }
  const wait = peer.puts.take(1, effects.monotonic());
  if (wait > 0) {
    return rateLimited(wait);
  }
  const { envelope } = request;
  const dayWait = rates.envelopeBytes.take(peer.network, effects.monotonic(), envelope.length);
  if (dayWait > 0) {
    return rateLimited(dayWait);
  }
  let appended: Appended | undefined;
  try {
    appended = await puts.put({ mailbox, hash: sha256(envelope), envelope, expiresAt });
  } finally {
    if (appended !== 'stored') {
      rates.envelopeBytes.give(peer.network, envelope.length);
    }
  }
  switch (appended) {
    case 'stored':
    case 'duplicate':
      return DONE;
    case 'full':
      return refuse('MAILBOX_FULL');
    case 'relay-full':
      return refuse('RELAY_FULL');
    case 'gone':
      return refuse('GONE');
  }
}

/** §4.4: `ok`, then what is held, then what comes. */
export async function subscribe(
  { store, turns, effects, mailboxes, limits }: Services,
  peer: Peer,
  address: Uint8Array,
  mailbox: Uint8Array,
): Promise<Outcome> {
  if (!(await store.hasMailbox(mailbox, seconds(effects)))) {
    return refuse('GONE');
  }
  // What the connection left when it ended would stay for ever.
  if (!peer.isOpen) {
    return refuse('UNAVAILABLE');
  }
  if (peer.subscribed.size >= limits.subscriptionsPerConnection && !peer.subscribed.has(keyOf(mailbox))) {
    return rateLimited(limits.heartbeatSeconds * 1000);
  }
  const subscription = new Subscription(peer.outgoing, {
    store,
    turns,
    effects,
    address,
    mailbox,
    window: limits.envelopesInFlight,
  });
  mailboxes.subscribe(mailbox, { subscriber: peer, subscription, address });
  return { ok: {}, next: () => subscription.start() };
}

/** §4.5: gone at once; unknown hashes are ignored. */
export async function ack(
  { store, mailboxes }: Services,
  peer: Peer,
  request: RequestOf<'ack'>,
  mailbox: Uint8Array,
  name: string,
): Promise<Outcome> {
  const subscription = mailboxes.of(mailbox, peer);
  if (subscription === undefined) {
    return refuse(peer.displaced.has(name) ? 'DISPLACED' : 'NOT_SUBSCRIBED');
  }
  await store.ack(mailbox, request.hashes);
  subscription.acknowledged(request.hashes);
  return DONE;
}

/** §4.7: removes the mailbox and what it holds. */
export async function close({ store, mailboxes }: Services, mailbox: Uint8Array): Promise<Outcome> {
  const removed = await store.removeMailbox(mailbox);
  mailboxes.closed(mailbox);
  return removed ? DONE : refuse('GONE');
}

/** §6.1: the mailbox itself on the first page, then its envelopes. */
export async function exportMailbox(
  { store, effects }: Services,
  request: RequestOf<'exportMailbox'>,
  mailbox: Uint8Array,
): Promise<Outcome> {
  const now = seconds(effects);
  const expiresAt = await store.mailboxExpiry(mailbox, now);
  if (expiresAt === undefined) {
    return refuse('GONE');
  }
  const head: ExportedItem[] =
    request.after === undefined ? [{ kind: 'mailbox', bytes: new Uint8Array(0), expiresAt }] : [];
  const page = await store.exportMailbox(mailbox, request.after ?? 0, MAX_EXPORT_ITEMS - head.length, now);
  const envelopes = page.items.map((item): ExportedItem => {
    return { kind: 'envelope', bytes: item.envelope, expiresAt: item.expiresAt };
  });
  return { ok: { items: [...head, ...envelopes], ...(page.next === undefined ? {} : { next: page.next }) } };
}
