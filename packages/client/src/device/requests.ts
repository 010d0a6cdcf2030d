/**
 * Requests of others: taken in when they are welcome, and accepted.
 *
 * Spec: docs/protocol/handshake.md §6, docs/protocol/delivery.md §10.
 *
 * @module
 */

import { wipeState } from '@secret-chat/crypto';
import type { ChatRecord } from '../chat/chat-record.ts';
import type { ChatChange, ChatSession } from '../chat/chat-session.ts';
import { forgetOther } from '../chat/forget.ts';
import type { LiveChat } from '../chat/live-chat.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import { ONE_TIME } from '../invite/invite-record.ts';
import type { Invites } from '../invite/invites.ts';
import type { LiveInvite } from '../invite/live-invite.ts';
import { type AnsweredRequest, answerRequest, openOrNothing } from '../invite/read-request.ts';
import { isKnownRequest, rememberRequest } from '../invite/request-ids.ts';
import { newMailbox, serializeMailbox } from '../link/mailbox.ts';
import { mayReach } from '../link/may-reach.ts';
import type { Mutex } from '../mutex.ts';
import { numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { DeviceContext } from './context.ts';
import { BLOCKED } from './device-record.ts';
import type { DeviceState } from './device-state.ts';
import { type NewChat, storeNewChat } from './new-chat.ts';

/** Requests that wait for an answer; further ones stay on the relay until some are answered. */
const MAX_PENDING = 256;

/** What requests need of the device's chats. */
export interface RequestHost {
  /** One after another: what lets a chat in or out, so that nobody comes in by an invite that ends at the same moment. */
  readonly door: Mutex;
  all(): readonly LiveChat[];
  /** A chat that was stored. */
  add(session: ChatSession): LiveChat;
  /** A chat that is stored no longer. */
  drop(chat: LiveChat): void;
}

export class Requests {
  readonly #context: DeviceContext;
  readonly #state: DeviceState;
  readonly #host: RequestHost;
  #invites: Invites | undefined;

  constructor(context: DeviceContext, state: DeviceState, host: RequestHost) {
    this.#context = context;
    this.#state = state;
    this.#host = host;
  }

  /** Requests come of invites, and accepting one ends an invite. */
  belongTo(invites: Invites): void {
    this.#invites = invites;
  }

  async take(invite: LiveInvite, envelope: Uint8Array): Promise<void> {
    if (this.#host.all().filter(({ state }) => state === 'requested').length >= MAX_PENDING) {
      throw new ClientError('WRONG_STATE', 'too many requests wait for an answer');
    }
    const { vault } = this.#context;
    const opened = openOrNothing(envelope, invite.keys);
    if (
      opened === undefined ||
      (await isKnownRequest(vault, invite.n, opened.signedPrekeyId, opened.requestId)) ||
      invite.record.expiresAt * 1000 <= this.#context.effects.clock.wallMs()
    ) {
      return;
    }
    const answered = await answerRequest(this.#context, invite.n, invite.keys, opened);
    if (answered !== undefined) {
      await this.#host.door.run(() => this.#letIn(invite, answered));
    }
  }

  /** Opens the chat; a one-time invite ends with it, and so do its other requests. @throws `ClientError` `WRONG_STATE` */
  accept(chat: LiveChat): Promise<void> {
    return this.#host.door.run(() => this.#accept(chat));
  }

  async #accept(chat: LiveChat): Promise<void> {
    const invite = this.#inviteOf(chat);
    const ends = invite !== undefined && !invite.record.reusable ? invite : undefined;
    const dropped = ends === undefined ? [] : this.#otherRequests(chat, ends.n);
    const open = async () => {
      let after = () => {};
      await chat.session.change(async (change) => {
        if (change.record.state !== 'requested') {
          throw new ClientError('WRONG_STATE', 'this request was answered already');
        }
        this.#open(change);
        if (ends !== undefined) {
          after = await (this.#invites as Invites).endWith(change.transaction, ends.n, chat.n);
          change.events.push({ type: 'inviteEnded', invite: ends.n, why: 'accepted' });
          for (const other of dropped) {
            await forgetOther(this.#context.vault, change.transaction, other.n);
            change.events.push({ type: 'ended', chat: other.n, why: 'inviteGone' });
          }
        }
        change.events.push({ type: 'accepted', chat: chat.n, name: chat.name });
      });
      for (const other of dropped) {
        this.#host.drop(other);
      }
      after();
    };
    // The invite and the others go with this change, so that nothing of their own may be under way.
    const alone = ends === undefined ? open : () => ends.alone(open);
    await dropped.reduce((inner, other) => () => other.session.alone(inner), alone)();
    chat.start();
  }

  async #letIn(invite: LiveInvite, answered: AnsweredRequest): Promise<void> {
    if (this.#invites?.get(invite.n) !== invite) {
      wipeState(answered.ratchet);
    } else if (await this.#isWelcome(answered.record)) {
      await this.#storeRequest(invite, answered);
    } else {
      await this.#turnAway(invite, answered);
    }
  }

  async #storeRequest(invite: LiveInvite, { opened, ratchet, record, text }: AnsweredRequest): Promise<void> {
    const chat: NewChat = { record, ratchet, from: 'them', text };
    const { session, told } = await storeNewChat(this.#context, this.#state, chat, (_, transaction) =>
      this.#useUp(transaction, invite, opened),
    );
    this.#host.add(session);
    this.#context.journal.committed(told);
  }

  /** It authenticated, so its keys are used up; nothing else is kept of who is not welcome. */
  async #turnAway(invite: LiveInvite, { opened, ratchet }: AnsweredRequest): Promise<void> {
    wipeState(ratchet);
    const transaction = this.#context.vault.begin();
    await this.#useUp(transaction, invite, opened);
    await transaction.commit();
  }

  /** Handshake §6.3. */
  async #useUp(transaction: Transaction, { n }: LiveInvite, opened: AnsweredRequest['opened']): Promise<void> {
    if (opened.oneTimePrekeyId !== undefined) {
      transaction.delete(ONE_TIME, numberScope(n), opened.oneTimePrekeyId);
    }
    await rememberRequest(this.#context.vault, transaction, n, opened.signedPrekeyId, opened.requestId);
  }

  /** Kept out: who was blocked, and who can be reached at this machine alone, as a stranger's word cannot ask for that. */
  async #isWelcome({ theirKey, routeRelay }: ChatRecord): Promise<boolean> {
    const blocked = (await this.#context.vault.get(BLOCKED, theirKey)) !== undefined;
    return !blocked && mayReach(routeRelay, this.#state.record.relay);
  }

  /** This side's mailbox for the chat, and the `accept` that names it. */
  #open(change: ChatChange): void {
    const mailbox = newMailbox(this.#context.effects.random, this.#state.idleWeeks);
    const { relay } = this.#state.record;
    const bytes = serializeMailbox(mailbox);
    mailbox.owner.privateKey.wipe();
    change.record = { ...change.record, state: 'open', mailbox: bytes, mailboxRelay: relay };
    enqueueContent(change, { type: 'accept', relay, address: mailbox.address });
  }

  #inviteOf(chat: LiveChat): LiveInvite | undefined {
    const { invite } = chat.session.record;
    return invite === undefined ? undefined : this.#invites?.get(invite);
  }

  #otherRequests(chat: LiveChat, invite: number): readonly LiveChat[] {
    return this.#host
      .all()
      .filter((other) => other !== chat && other.state === 'requested' && other.session.record.invite === invite);
  }
}
