/**
 * The chats of a device: begun, opened, forgotten.
 *
 * Spec: docs/protocol/handshake.md §5 and §6, docs/protocol/delivery.md §10.
 *
 * @module
 */

import { constantTimeEqual, wipeState } from '@secret-chat/crypto';
import { CHAT } from '../chat/chat-record.ts';
import { type ChatChange, ChatSession } from '../chat/chat-session.ts';
import { forgetChat } from '../chat/forget.ts';
import { LiveChat } from '../chat/live-chat.ts';
import { mailboxesOf } from '../delivery/chat-mailboxes.ts';
import type { MoveLimits } from '../delivery/move-limits.ts';
import { ENVELOPE, OUTBOX } from '../delivery/outbox-record.ts';
import type { EndReason } from '../events.ts';
import type { Invites } from '../invite/invites.ts';
import type { PreparedJoin } from '../invite/join.ts';
import type { InviteHost, LiveInvite } from '../invite/live-invite.ts';
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
import { Requests } from './requests.ts';

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
  readonly #requests: Requests;

  constructor(context: DeviceContext, state: DeviceState, errands: Errands, moves: MoveLimits) {
    this.#context = context;
    this.#state = state;
    this.#errands = errands;
    this.moves = moves;
    this.#doubted = new DoubtedInvites(context, (chat) => this.forget(chat, 'inviteGone'));
    this.#requests = new Requests(context, state, {
      door: this.#door,
      all: () => this.all,
      add: (session) => this.#add(session),
      drop: (chat) => this.#drop(chat),
    });
  }

  /** Requests come of invites, and accepting one ends an invite. */
  belongTo(invites: Invites): void {
    this.#requests.belongTo(invites);
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

  take(invite: LiveInvite, envelope: Uint8Array): Promise<void> {
    return this.#requests.take(invite, envelope);
  }

  accept(chat: LiveChat): Promise<void> {
    return this.#requests.accept(chat);
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
