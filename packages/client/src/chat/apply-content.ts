/**
 * What each content of the other side does here. It is applied in the change that commits it.
 *
 * Spec: docs/protocol/content.md §3.4, docs/protocol/delivery.md §5.3.
 *
 * @module
 */

import { type Content, type MessageRef, type Receipt, type Route, timerToWire } from '@secret-chat/crypto';
import type { Incoming } from '../delivery/incoming.ts';
import { resendAsked } from '../delivery/resend.ts';
import { mayReach } from '../link/may-reach.ts';
import type { ChatChange } from './chat-session.ts';
import { endedByThem } from './end.ts';
import { addEntry, type NewEntry, numberOf } from './history.ts';
import { MESSAGE, MINE } from './message-record.ts';

/** Applies one content; its order is the caller's. */
export async function applyContent(change: ChatChange, incoming: Incoming): Promise<void> {
  const { decoded } = incoming;
  switch (decoded.kind) {
    case 'unknown':
      addTheirs(change, incoming, 'newer');
      return;
    case 'malformed':
      addTheirs(change, incoming, 'unreadable');
      return;
    case 'known':
      await applyKnown(change, incoming, decoded.content);
  }
}

async function applyKnown(change: ChatChange, incoming: Incoming, content: Content): Promise<void> {
  switch (content.type) {
    case 'text':
    case 'file':
      addTheirs(change, incoming, content.type, await replyOf(change, content.replyTo));
      return;
    case 'accept':
      acceptedByThem(change, incoming.seq, content);
      return;
    case 'read':
      await markRead(change, content.messages);
      return;
    case 'timer':
      applyTimer(change, incoming, timerToWire(content.timer));
      return;
    case 'address':
      follow(change, content);
      return;
    case 'resend':
      resendAsked(change, content.ranges);
      return;
    case 'gone':
      addTheirs(change, incoming, 'lost');
      return;
    case 'end':
      await endedByThem(change);
      return;
    default:
      // `request` is applied before there is a chat (content §3.4), the others come with media and self-destruction.
      return;
  }
}

/** The responder's first content opens the chat, and says where it can be reached (handshake §4.5). */
function acceptedByThem(change: ChatChange, seq: number, route: Route): void {
  const { record, session } = change;
  if (record.role !== 'initiator' || record.state !== 'waiting' || seq !== 1) {
    return;
  }
  const { expiresAtMs: _until, cardLocator: _locator, cardRelay: _relay, ...rest } = record;
  change.record = { ...rest, state: 'open' };
  follow(change, route);
  change.events.push({ type: 'accepted', chat: session.n, name: record.localName ?? record.theirName });
}

/** Puts go there from now on. */
function follow(change: ChatChange, { relay, address }: Route): void {
  if (mayReach(relay, change.record.mailboxRelay ?? relay)) {
    change.record = { ...change.record, routeRelay: relay, routeAddress: address };
  }
}

function addTheirs(
  change: ChatChange,
  { seq, timer, bytes, hash, place }: Incoming,
  kind: NewEntry['kind'],
  replyTo?: number,
): void {
  const said = kind === 'text' || kind === 'file' || kind === 'timer';
  const message = addEntry(change, {
    from: 'them',
    kind,
    state: 'received',
    seq,
    timer,
    replyTo,
    place,
    ...(said && bytes !== undefined ? { content: { bytes, hash } } : {}),
  });
  change.events.push({ type: 'message', chat: change.session.n, message });
}

/** A quote of what is not here (never came, or destroyed) is none. */
function replyOf(change: ChatChange, ref: MessageRef | undefined): Promise<number | undefined> {
  return ref === undefined ? Promise.resolve(undefined) : numberOf(change, ref);
}

async function markRead(change: ChatChange, receipts: readonly Receipt[]): Promise<void> {
  for (const { seq } of receipts) {
    const n = (await change.records.get(MINE, seq))?.n;
    const stored = n === undefined ? undefined : await change.records.get(MESSAGE, n);
    if (n !== undefined && stored !== undefined && stored.state !== 'read') {
      change.records.put(MESSAGE, n, { ...stored, state: 'read' });
      change.events.push({ type: 'state', chat: change.session.n, n, state: 'read' });
    }
  }
}

/** Content §3.4: if both changed it and neither knew, the initiator's holds. */
function applyTimer(change: ChatChange, incoming: Incoming, timer: number): void {
  const { record } = change;
  const crossed = record.timerSeq > record.covered;
  if (!crossed || record.role === 'responder') {
    change.record = { ...record, timer, timerSeq: 0 };
  }
  addTheirs(change, incoming, 'timer');
}
