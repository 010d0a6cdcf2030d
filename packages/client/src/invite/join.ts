/**
 * Using an invite: the card behind it is fetched and checked, and a request goes into its inbox.
 *
 * Spec: docs/protocol/handshake.md §5, docs/protocol/invite.md §3.4.
 *
 * @module
 */

import {
  CryptoError,
  constantTimeEqual,
  deriveInviteKeys,
  emptyDigest,
  encodeBody,
  encodeContent,
  hashContent,
  type InitiatedChat,
  type InviteKeys,
  type Invite as InviteLink,
  initiateChat,
  openCard,
  openOneTimePrekey,
  type Prekey,
  parseInvite,
  type VerifiedCard,
  wipeInviteKeys,
} from '@secret-chat/crypto';
import type { ChatRecord } from '../chat/chat-record.ts';
import { type DeviceContext, nowSeconds } from '../device/context.ts';
import { ClientError, isClientError } from '../errors.ts';
import { serializeMailbox } from '../link/mailbox.ts';
import { mayReach } from '../link/may-reach.ts';
import type { OwnMailbox, RelayLink } from '../link/relay-link.ts';

/** A chat that is to be stored with its request. */
export interface PreparedJoin {
  readonly record: ChatRecord;
  readonly initiated: InitiatedChat;
  /** The request's content and its hash; with a text it is the first entry of the history. */
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** Reads a link. @throws `ClientError` `INVITE_MALFORMED`, `INVITE_TOO_NEW`, `INVITE_OWN` */
export function readLink(link: string, ownKey: Uint8Array): InviteLink {
  try {
    const invite = parseInvite(link);
    if (!constantTimeEqual(invite.identityKey, ownKey)) {
      return invite;
    }
  } catch (error) {
    throw error instanceof CryptoError && error.code === 'UNSUPPORTED_VERSION'
      ? new ClientError('INVITE_TOO_NEW', 'this invite was made by a newer version; update this program')
      : new ClientError('INVITE_MALFORMED', 'this is no invite, or a part of it is missing; copy the whole link');
  }
  throw new ClientError('INVITE_OWN', 'this is an invite of your own; send it to the other person');
}

/**
 * Fetches and checks what lies behind an invite, and makes the request.
 *
 * @throws `ClientError` `INVITE_GONE`, `INVITE_FORGED`, `INVITE_TOO_NEW`, `RELAY_…`, `TOO_LONG`, `ABORTED`
 */
export async function prepareJoin(
  context: DeviceContext,
  invite: InviteLink,
  own: {
    readonly name: string;
    readonly mailbox: OwnMailbox;
    readonly relay: string;
    readonly text: string | undefined;
  },
  signal: AbortSignal | undefined,
): Promise<PreparedJoin> {
  const keys = deriveInviteKeys(invite.secret);
  try {
    const link = context.links.get(invite.relay);
    const release = link.hold();
    try {
      const card = await fetchCard(context, link, invite, keys, signal);
      if (!mayReach(card.relay, invite.relay)) {
        throw new ClientError('INVITE_FORGED', 'this invite leads to a relay other than the one that it names');
      }
      const oneTimePrekey = await takePrekey(context, link, invite, keys, signal);
      return makeRequest(context, invite, keys, card, oneTimePrekey, own);
    } finally {
      release();
    }
  } finally {
    wipeInviteKeys(keys);
  }
}

async function fetchCard(
  context: DeviceContext,
  link: RelayLink,
  invite: InviteLink,
  keys: InviteKeys,
  signal: AbortSignal | undefined,
): Promise<VerifiedCard> {
  const gone = 'this invite was used up, revoked, or has expired; ask for a new one';
  try {
    const sealed = await link.getCard(keys.cardLocator.expose(), { wait: true, signal });
    return openCard(sealed, invite.identityKey, keys.inviteId, keys.cardKey, nowSeconds(context));
  } catch (error) {
    if (isClientError(error)) {
      throw error.relayCode === 'GONE' ? new ClientError('INVITE_GONE', gone) : error;
    }
    const code = error instanceof CryptoError ? error.code : undefined;
    if (code === 'EXPIRED') {
      throw new ClientError('INVITE_GONE', gone);
    }
    if (code === 'UNSUPPORTED_VERSION') {
      throw new ClientError('INVITE_TOO_NEW', 'this invite was made by a newer version; update this program');
    }
    throw new ClientError('INVITE_FORGED', 'what the relay has for this invite was not made by who made the link');
  }
}

/** Invite §4.4: without a good pair the card's last-resort prekey is used. */
async function takePrekey(
  { effects: { clock } }: DeviceContext,
  link: RelayLink,
  invite: InviteLink,
  keys: InviteKeys,
  signal: AbortSignal | undefined,
): Promise<Prekey | undefined> {
  try {
    const sealed = await link.takePrekey(keys.cardLocator.expose(), { wait: true, signal });
    const now = Math.floor(clock.wallMs() / 1000);
    return sealed && openOneTimePrekey(sealed, invite.identityKey, keys.inviteId, keys.prekeyKey, now);
  } catch (error) {
    if (isClientError(error, 'ABORTED', 'CLOSED')) {
      throw error;
    }
    return undefined;
  }
}

function makeRequest(
  context: DeviceContext,
  invite: InviteLink,
  keys: InviteKeys,
  card: VerifiedCard,
  oneTimePrekey: Prekey | undefined,
  own: {
    readonly name: string;
    readonly mailbox: OwnMailbox;
    readonly relay: string;
    readonly text: string | undefined;
  },
): PreparedJoin {
  const { identity, effects } = context;
  const bytes = encodeContent(
    {
      type: 'request',
      relay: own.relay,
      address: own.mailbox.address,
      ...(own.text === undefined ? {} : { text: own.text }),
    },
    effects.random,
  );
  const body = encodeRequest(bytes);
  const initiated = initiateChat({ identity, name: own.name, keys, card, oneTimePrekey, body }, effects.random);
  return {
    initiated,
    bytes,
    hash: hashContent(bytes, 'off'),
    record: {
      role: 'initiator',
      state: 'waiting',
      theirKey: card.identityKey,
      theirName: card.name,
      transcriptHash: initiated.transcriptHash,
      inviteId: keys.inviteId,
      // A card may name any second.
      expiresAtMs: Math.min(card.expiresAt * 1000, Number.MAX_SAFE_INTEGER),
      cardLocator: new Uint8Array(keys.cardLocator.expose()),
      cardRelay: invite.relay,
      mailbox: serializeMailbox(own.mailbox),
      mailboxRelay: own.relay,
      routeRelay: card.relay,
      routeAddress: card.inbox,
      nextN: 1,
      unread: 0,
      nextSeq: 2,
      sealedSeq: 1,
      covered: 0,
      coveredDigest: emptyDigest(),
      got: 0,
      gotDigest: emptyDigest(),
      surfaced: 0,
      told: 0,
      timer: 0,
      timerSeq: 0,
    },
  };
}

function encodeRequest(bytes: Uint8Array): Uint8Array {
  try {
    return encodeBody('request', { seq: 1, ack: 0, digest: emptyDigest(), timer: 'off' }, bytes);
  } catch {
    throw new ClientError('TOO_LONG', 'this text is too long for a request; send it once the chat is open');
  }
}
