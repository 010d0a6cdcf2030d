/**
 * A request that came into an invite's inbox: opened, answered, and made a chat that waits to be accepted.
 *
 * Spec: docs/protocol/handshake.md §6.
 *
 * @module
 */

import {
  type ContentFields,
  type DecodedBody,
  decodeBody,
  decodeContent,
  digestEntry,
  emptyDigest,
  extendDigest,
  type InviteKeys,
  type OpenedRequest,
  openRequest,
  type RatchetState,
  respondToRequest,
  type TimerValue,
  wipeCardKeys,
  wipeOneTimePrekey,
  wipeState,
} from '@secret-chat/crypto';
import type { ChatRecord } from '../chat/chat-record.ts';
import type { DeviceContext } from '../device/context.ts';
import { readOneTimePrekey } from './prekey-pool.ts';
import { readCard } from './stored-cards.ts';

/** A request that authenticated. */
export interface AnsweredRequest {
  readonly opened: OpenedRequest;
  readonly ratchet: RatchetState;
  readonly record: ChatRecord;
  /** What the request says besides, if anything. */
  readonly text: { readonly bytes: Uint8Array; readonly hash: Uint8Array; readonly timer: TimerValue } | undefined;
}

/** Up to here no private key was used; `undefined` for what is no request of this invite. */
export function openOrNothing(envelope: Uint8Array, keys: InviteKeys): OpenedRequest | undefined {
  try {
    return openRequest(envelope, keys);
  } catch {
    return undefined;
  }
}

/** `undefined` for a request that fails, however it does: nobody is told, and nothing changes. */
export async function answerRequest(
  context: DeviceContext,
  invite: number,
  keys: InviteKeys,
  opened: OpenedRequest,
): Promise<AnsweredRequest | undefined> {
  const cardKeys = await readCard(context, invite, opened.signedPrekeyId);
  const oneTimePrekey =
    opened.oneTimePrekeyId === undefined ? undefined : await readOneTimePrekey(context, invite, opened.oneTimePrekeyId);
  try {
    if (cardKeys === undefined || (opened.oneTimePrekeyId !== undefined && oneTimePrekey === undefined)) {
      return undefined;
    }
    const responded = respondToRequest(opened, { identity: context.identity, cardKeys, oneTimePrekey });
    const body = decodeBody(responded.body);
    const request = requestIn(body);
    if (request === undefined) {
      wipeState(responded.state);
      return undefined;
    }
    const decoded = decodeContent(body.content, body.seq);
    const hash = digestEntry(body.content, body.timer, decoded);
    const { initiator, transcriptHash, state } = responded;
    return {
      opened,
      ratchet: state,
      record: {
        ...newChat(hash),
        theirKey: initiator.identityKey,
        theirName: initiator.name,
        transcriptHash,
        inviteId: keys.inviteId,
        invite,
        routeRelay: request.relay,
        routeAddress: request.address,
      },
      text:
        request.text === undefined || body.content === undefined
          ? undefined
          : { bytes: body.content, hash, timer: body.timer },
    };
  } catch {
    return undefined;
  } finally {
    if (cardKeys !== undefined) {
      wipeCardKeys(cardKeys);
    }
    if (oneTimePrekey !== undefined) {
      wipeOneTimePrekey(oneTimePrekey);
    }
  }
}

/** Handshake §4.5: a `request` with seq 1, and nothing acknowledged. */
function requestIn(body: DecodedBody): ContentFields['request'] | undefined {
  const decoded = decodeContent(body.content, body.seq);
  const isRequest = body.seq === 1 && body.ack === 0 && decoded.kind === 'known' && decoded.content.type === 'request';
  return isRequest ? (decoded.content as ContentFields['request']) : undefined;
}

/** A chat in which the request is all that was said. */
function newChat(hash: Uint8Array) {
  return {
    role: 'responder',
    state: 'requested',
    nextN: 1,
    unread: 0,
    nextSeq: 1,
    sealedSeq: 0,
    covered: 0,
    coveredDigest: emptyDigest(),
    got: 1,
    gotDigest: extendDigest(emptyDigest(), 1, hash),
    surfaced: 0,
    told: 0,
    timer: 0,
    timerSeq: 0,
  } as const;
}
