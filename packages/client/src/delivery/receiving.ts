/**
 * Receiving: an envelope is decrypted on a copy, and what it brings is applied in the change that commits it.
 *
 * Spec: docs/protocol/delivery.md §5 and §8.
 *
 * @module
 */

import { type DecodedBody, decodeBody, decryptMessage } from '@secret-chat/crypto';
import type { ChatChange } from '../chat/chat-session.ts';
import { nowSeconds } from '../device/context.ts';
import { acknowledged } from './acknowledged.ts';
import { receiveSequenced } from './sequence.ts';
import { markStale } from './stale.ts';

/** What an envelope was. */
export type Received =
  /** It brought something; `typing` is not kept and is told by the caller. */
  | { readonly outcome: 'new'; readonly type: 'sequenced' | 'noop' | 'typing' }
  /** Known already: whoever put it again does not know that it arrived. */
  | { readonly outcome: 'duplicate' }
  /** Sent from a copy of a store; the chat is stale now. */
  | { readonly outcome: 'fork' }
  /** Nothing opens it, now or later (§5.4). */
  | { readonly outcome: 'unreadable' };

/** Decrypts and applies one envelope. */
export async function receiveEnvelope(change: ChatChange, envelope: Uint8Array): Promise<Received> {
  const decrypted = decryptOrNothing(change, envelope);
  switch (decrypted.outcome) {
    case 'duplicate':
    case 'unreadable':
      return decrypted;
    case 'fork':
      await markStale(change, 'fork');
      return decrypted;
    case 'new':
      change.ratchet = decrypted.state;
      return { outcome: 'new', type: await receiveBody(change, decrypted.body) };
  }
}

async function receiveBody(change: ChatChange, bytes: Uint8Array): Promise<'sequenced' | 'noop' | 'typing'> {
  const body = decodeOrNothing(bytes);
  bytes.fill(0);
  if (body === undefined) {
    // A counter that no honest sender reaches: the key is spent, and nothing else is believed.
    return 'noop';
  }
  const stale = await acknowledged(change, body.ack, body.digest);
  if (stale !== undefined) {
    await markStale(change, stale);
  }
  return receiveSequenced(change, body);
}

/** An envelope of a foreign size, or beyond every limit of the ratchet, is one that nothing opens. */
function decryptOrNothing(change: ChatChange, envelope: Uint8Array): ReturnType<typeof decryptMessage> {
  try {
    return decryptMessage(change.ratchet, envelope, nowSeconds(change.context));
  } catch {
    return { outcome: 'unreadable' };
  }
}

function decodeOrNothing(bytes: Uint8Array): DecodedBody | undefined {
  try {
    return decodeBody(bytes);
  } catch {
    return undefined;
  }
}
