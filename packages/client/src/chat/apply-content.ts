/**
 * What each content of the other side does here. It is applied in the change that commits it.
 *
 * Spec: docs/protocol/content.md §3.4, docs/protocol/delivery.md §5.3.
 *
 * @module
 */

import { type Content, type DecodedContent, type MessageRef, type Route, timerToWire } from '@secret-chat/crypto';
import { stillCounts } from '../delivery/held.ts';
import type { Incoming } from '../delivery/incoming.ts';
import { resendAsked } from '../delivery/resend.ts';
import { clearedByThem } from '../life/clearing.ts';
import { deletedByThem, isBuried } from '../life/deletion.ts';
import { receiptsCame } from '../life/reading.ts';
import { mayReach } from '../link/may-reach.ts';
import type { FileState } from '../media/file.ts';
import { arrivalState, fetchedByThem, fileArrived, neededByThem } from '../media/file-effects.ts';
import type { Message } from '../message.ts';
import type { ChatChange } from './chat-session.ts';
import { endedByThem } from './end.ts';
import { addEntry, type NewEntry, numberOf } from './history.ts';

/** Applies one content; its order is the caller's. */
export async function applyContent(change: ChatChange, incoming: Incoming): Promise<void> {
  const { decoded } = incoming;
  if (!stillCounts(change, decoded)) {
    return;
  }
  if (isSaid(decoded) && (await isBuried(change, incoming.seq))) {
    return;
  }
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

/** What makes an entry of the history, and can be deleted before it comes. */
function isSaid(decoded: DecodedContent): boolean {
  return decoded.kind !== 'known' || ['text', 'file', 'timer', 'screenshot', 'gone'].includes(decoded.content.type);
}

async function applyKnown(change: ChatChange, incoming: Incoming, content: Content): Promise<void> {
  switch (content.type) {
    case 'text':
      addTheirs(change, incoming, 'text', await replyOf(change, content.replyTo));
      return;
    case 'file': {
      const state = arrivalState(change, content.file);
      const { n } = addTheirs(change, incoming, 'file', await replyOf(change, content.replyTo), state);
      fileArrived(change, n, state);
      return;
    }
    case 'fetched':
      await fetchedByThem(change, content.seq);
      return;
    case 'needPieces':
      await neededByThem(change, content.seq, content.ranges);
      return;
    case 'accept':
      acceptedByThem(change, incoming.seq, content);
      return;
    case 'read':
    case 'viewed':
      await receiptsCame(change, content.type, content.messages);
      return;
    case 'delete':
      await deletedByThem(change, content.messages);
      return;
    case 'clear':
      clearedByThem(change, content.initiator, content.responder);
      return;
    case 'timer':
      applyTimer(change, incoming, timerToWire(content.timer));
      return;
    case 'screenshot':
      addTheirs(change, incoming, 'screenshot', await replyOf(change, content.message));
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
      endedByThem(change);
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
  const { mailboxRelay, routeRelay } = change.record;
  if (relay === routeRelay || (mailboxRelay !== undefined && mayReach(relay, mailboxRelay))) {
    change.record = { ...change.record, routeRelay: relay, routeAddress: address };
  }
}

function addTheirs(
  change: ChatChange,
  { seq, timer, bytes, hash, place }: Incoming,
  kind: NewEntry['kind'],
  replyTo?: number,
  fileState?: FileState,
): Message {
  const said = kind === 'text' || kind === 'file' || kind === 'timer';
  const message = addEntry(change, {
    from: 'them',
    kind,
    // A notice is nothing that has to be read.
    state: kind === 'timer' || kind === 'screenshot' ? 'read' : 'received',
    seq,
    timer,
    replyTo,
    place,
    fileState,
    content: said && bytes !== undefined ? { bytes, hash } : { hash },
  });
  change.events.push({ type: 'message', chat: change.session.n, message });
  return message;
}

/** A quote of what is not here (never came, or destroyed) is none. */
function replyOf(change: ChatChange, ref: MessageRef | undefined): Promise<number | undefined> {
  return ref === undefined ? Promise.resolve(undefined) : numberOf(change, ref);
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
