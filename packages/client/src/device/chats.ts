/**
 * The chats of a device: begun, opened, forgotten.
 *
 * Spec: docs/protocol/handshake.md §5 and §6, docs/protocol/delivery.md §10.
 *
 * @module
 */

import { constantTimeEqual, wipeState } from '@secret-chat/crypto';
import { CHAT, type ChatRecord } from '../chat/chat-record.ts';
import { type ChatChange, ChatSession } from '../chat/chat-session.ts';
import { forgetChat, forgetOther } from '../chat/forget.ts';
import { LiveChat } from '../chat/live-chat.ts';
import { mailboxesOf } from '../delivery/chat-mailboxes.ts';
import type { MoveLimits } from '../delivery/move-limits.ts';
import { ENVELOPE, OUTBOX } from '../delivery/outbox-record.ts';
import { enqueueContent } from '../delivery/sealing.ts';
import { ClientError } from '../errors.ts';
import type { EndReason } from '../events.ts';
import { ONE_TIME } from '../invite/invite-record.ts';
import type { Invites } from '../invite/invites.ts';
import type { PreparedJoin } from '../invite/join.ts';
import type { InviteHost, LiveInvite } from '../invite/live-invite.ts';
import { type AnsweredRequest, answerRequest, openOrNothing } from '../invite/read-request.ts';
import { isKnownRequest, rememberRequest } from '../invite/request-ids.ts';
import { newMailbox, serializeMailbox } from '../link/mailbox.ts';
import { mayReach } from '../link/may-reach.ts';
import { Mutex } from '../mutex.ts';
import { NO_SCOPE, numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import type { ChatHost } from './chat-host.ts';
import type { DeviceContext } from './context.ts';
import { BLOCKED } from './device-record.ts';
import type { DeviceState } from './device-state.ts';
import { DoubtedInvites } from './doubted-invites.ts';
import type { Errands } from './errands.ts';
import { type NewChat, storeNewChat } from './new-chat.ts';

/** Requests that wait for an answer; further ones stay on the relay until some are answered. */
const MAX_PENDING = 256;
const SEED_SIZE = 32;

export class Chats implements ChatHost, InviteHost {
  readonly moves: MoveLimits;
  readonly #context: DeviceContext;
  readonly #state: DeviceState;
  readonly #errands: Errands;
  readonly #live = new Map<number, LiveChat>();
  /** One after another: what lets a chat in or out, so that nobody comes in by an invite that ends at the same moment. */
  readonly #door = new Mutex();
  readonly #doubted: DoubtedInvites;
  #invites: Invites | undefined;

  constructor(context: DeviceContext, state: DeviceState, errands: Errands, moves: MoveLimits) {
    this.#context = context;
    this.#state = state;
    this.#errands = errands;
    this.moves = moves;
    this.#doubted = new DoubtedInvites(context, (chat) => this.forget(chat, 'inviteGone'));
  }

  /** Requests come of invites, and accepting one ends an invite. */
  belongTo(invites: Invites): void {
    this.#invites = invites;
  }

  get name(): string {
    return this.#state.record.name;
  }

  get relay(): string {
    return this.#state.record.relay;
  }

  get idleWeeks(): number {
    return this.#state.idleWeeks;
  }

  get all(): readonly LiveChat[] {
    return [...this.#live.values()].sort((a, b) => a.n - b.n);
  }

  get(n: number): LiveChat | undefined {
    return this.#live.get(n);
  }

  /** Opens what is stored. */
  async start(): Promise<void> {
    for (const { position, value } of await this.#context.vault.page(CHAT, NO_SCOPE)) {
      this.#add(new ChatSession(this.#context, position, value));
    }
    // All of them before one goes on: with its first change the store may forget that somebody turned the clock (timers §9, 3).
    for (const chat of this.#live.values()) {
      await chat.restore();
    }
    for (const chat of this.#live.values()) {
      await chat.checkVerified();
      chat.start();
    }
  }

  /** Nobody works on a chat in this process any more, and none is shown. */
  async abandon(): Promise<void> {
    const all = this.all;
    for (const { session } of all) {
      session.wasForgotten();
    }
    await Promise.all(all.map((chat) => chat.stop()));
    await this.#door.idle();
    this.#live.clear();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#live.values()].map((chat) => chat.stop()));
  }

  /** Sends what can be sent now. */
  async flush(): Promise<void> {
    await Promise.all([...this.#live.values()].map((chat) => chat.flush()));
  }

  /** Chats that end because their time is over. */
  async endExpired(): Promise<void> {
    const now = this.#context.effects.clock.wallMs();
    for (const chat of this.#live.values()) {
      const { state, expiresAtMs } = chat.session.record;
      if (state === 'waiting' && expiresAtMs !== undefined && expiresAtMs <= now) {
        await this.forget(chat, 'expired');
      } else if (chat.endIsOver) {
        await this.forget(chat, undefined);
      }
    }
  }

  /** The chat that waits for an answer to a request under this invite. */
  waitingFor(inviteKey: Uint8Array, theirKey: Uint8Array): LiveChat | undefined {
    return this.all.find(
      ({ session: { record } }) =>
        record.state === 'waiting' &&
        constantTimeEqual(record.inviteId, inviteKey) &&
        constantTimeEqual(record.theirKey, theirKey),
    );
  }

  /** Stores a chat with its request, which then goes out. If one waits under this invite already, that is the one. */
  join(prepared: PreparedJoin, text: string | undefined): Promise<LiveChat> {
    return this.#door.run(async () => {
      const { inviteId, theirKey } = prepared.record;
      const waiting = this.waitingFor(inviteId, theirKey);
      if (waiting === undefined) {
        return this.#join(prepared, text);
      }
      wipeState(prepared.initiated.state);
      return waiting;
    });
  }

  async #join({ record, initiated, bytes, hash }: PreparedJoin, text: string | undefined): Promise<LiveChat> {
    const content = text === undefined ? undefined : { bytes, hash };
    const begun: NewChat = { record, ratchet: initiated.state, from: 'me', text: content };
    const { session, told } = await storeNewChat(this.#context, this.#state, begun, (n, transaction) => {
      const scope = numberScope(n);
      const entry = { type: 'request', hash, timer: 0, sealed: true, put: false, resent: 0 };
      transaction.put(OUTBOX, scope, 1, content === undefined ? { ...entry, content: bytes } : { ...entry, n: 1 });
      transaction.put(ENVELOPE, scope, 1, initiated.envelope);
    });
    const chat = this.#add(session);
    chat.start();
    this.#context.journal.committed(told);
    return chat;
  }

  async take(invite: LiveInvite, envelope: Uint8Array): Promise<void> {
    if (this.all.filter(({ state }) => state === 'requested').length >= MAX_PENDING) {
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
      await this.#door.run(() => this.#letIn(invite, answered));
    }
  }

  /** Kept out: who was blocked, and who can be reached at this machine alone, as a stranger's word cannot ask for that. */
  async #isWelcome({ theirKey, routeRelay }: ChatRecord): Promise<boolean> {
    const blocked = (await this.#context.vault.get(BLOCKED, theirKey)) !== undefined;
    return !blocked && mayReach(routeRelay, this.#state.record.relay);
  }

  accept(chat: LiveChat): Promise<void> {
    return this.#door.run(() => this.#accept(chat));
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
        this.#drop(other);
      }
      after();
    };
    // The invite and the others go with this change, so that nothing of their own may be under way.
    const alone = ends === undefined ? open : () => ends.alone(open);
    await dropped.reduce((inner, other) => () => other.session.alone(inner), alone)();
    chat.start();
  }

  async block(chat: LiveChat): Promise<void> {
    await this.#remove(chat, 'blocked', ({ record, transaction, context }) => {
      transaction.put(BLOCKED, record.theirKey, 0, Math.floor(context.effects.clock.wallMs()));
    });
  }

  async forget(chat: LiveChat, why: EndReason | undefined): Promise<void> {
    await this.#remove(chat, why, () => {});
  }

  closeMailbox(transaction: Transaction, relay: string, mailbox: Uint8Array): () => void {
    const parts = { seed: mailbox.slice(0, SEED_SIZE), id: mailbox.slice(SEED_SIZE) };
    return this.#errands.add(transaction, { what: 'closeMailbox', relay, ...parts });
  }

  /** The relays are to keep all mailboxes for another time. */
  renew(): void {
    for (const chat of this.all) {
      chat.renew();
    }
  }

  put(chat: LiveChat, seqs: readonly number[]): void {
    if (seqs.includes(1) && chat.session.record.role === 'responder') {
      // Its `accept` is on the relay: now the invite may go.
      this.#errands.run();
    }
  }

  /** Whether an errand that waits for a chat's `accept` may be done. */
  isAccepted(n: number): boolean {
    const session = this.#live.get(n)?.session;
    return session === undefined || session.record.covered >= 1 || session.outbox.get(1)?.put === true;
  }

  inviteMayBeOver(chat: LiveChat): void {
    this.#doubted.look(chat);
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
    this.#add(session);
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

  /** This side's mailbox for the chat, and the `accept` that names it. */
  #open(change: ChatChange): void {
    const mailbox = newMailbox(this.#context.effects.random, this.idleWeeks);
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
    return this.all.filter(
      (other) => other !== chat && other.state === 'requested' && other.session.record.invite === invite,
    );
  }

  #remove(chat: LiveChat, why: EndReason | undefined, more: (change: ChatChange) => void): Promise<void> {
    return this.#door.run(() => this.#removeAlone(chat, why, more));
  }

  async #removeAlone(chat: LiveChat, why: EndReason | undefined, more: (change: ChatChange) => void): Promise<void> {
    const after: (() => void)[] = [];
    await chat.session.change(async (change) => {
      for (const { relay, bytes } of mailboxesOf(change.record)) {
        after.push(this.closeMailbox(change.transaction, relay, bytes));
      }
      more(change);
      await forgetChat(change);
      if (why !== undefined) {
        change.events.push({ type: 'ended', chat: chat.n, why });
      }
    });
    this.#drop(chat);
    for (const step of after) {
      step();
    }
  }

  #add(session: ChatSession): LiveChat {
    const chat = new LiveChat(session, this);
    this.#live.set(session.n, chat);
    return chat;
  }

  #drop(chat: LiveChat): void {
    chat.session.wasForgotten();
    this.#live.delete(chat.n);
    // It may be the chat itself that waits for this.
    chat.stop().catch(() => {});
  }
}
