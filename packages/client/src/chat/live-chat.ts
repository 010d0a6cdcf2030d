/**
 * A chat that is open in this process: what a program calls, with inbox and pump behind it.
 *
 * @module
 */

import {
  constantTimeEqual,
  type Fingerprint,
  fingerprint,
  sha256,
  type TimerValue,
  timerFromWire,
} from '@secret-chat/crypto';
import type { Chat, ChatState, HistoryQuery } from '../chat.ts';
import { Inbox } from '../delivery/inbox.ts';
import { RECEIPT } from '../delivery/outbox-record.ts';
import { Pump } from '../delivery/pump.ts';
import { enqueue, numberContent } from '../delivery/sealing.ts';
import type { ChatHost } from '../device/chat-host.ts';
import { ClientError } from '../errors.ts';
import { deserializeMailbox } from '../link/mailbox.ts';
import type { Message } from '../message.ts';
import { MAX_LOCAL_NAME_SIZE } from './chat-record.ts';
import type { ChatChange, ChatSession } from './chat-session.ts';
import { END_RECORD_MS, endChat } from './end.ts';
import { addEntry, readEntry, readPage, referenceTo } from './history.ts';
import { MESSAGE } from './message-record.ts';
import { said, wellFormed } from './said.ts';

export class LiveChat implements Chat {
  readonly session: ChatSession;
  readonly #host: ChatHost;
  readonly #inbox: Inbox;
  readonly #pump: Pump;

  constructor(session: ChatSession, host: ChatHost) {
    this.session = session;
    this.#host = host;
    this.#inbox = new Inbox(session, {
      progressed: () => this.#pump.kick(),
      owesAck: () => this.#pump.owesAck(),
    });
    this.#pump = new Pump(session, {
      ready: () => this.#inbox.drainedOnce,
      heardAtMs: () => this.#inbox.heardAtMs,
      gone: () => this.#gone(),
      put: (seqs) => host.put(this, seqs),
      quiet: () => this.#quiet(),
    });
  }

  /** Connects: subscribes to the chat's mailbox, and sends what waits. */
  start(): void {
    const { mailbox, mailboxRelay, state } = this.session.record;
    if (mailbox !== undefined && mailboxRelay !== undefined && state !== 'requested') {
      this.#inbox.watch(mailboxRelay, deserializeMailbox(mailbox, this.#host.idleWeeks));
      this.#pump.resume().catch(() => {});
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#inbox.stop(), this.#pump.stop()]);
    await this.session.idle();
  }

  /** Sends what can be sent now. */
  flush(): Promise<void> {
    return this.#pump.flush();
  }

  get n(): number {
    return this.session.n;
  }

  get state(): ChatState {
    return this.session.forgotten ? 'ended' : this.session.record.state;
  }

  get name(): string {
    return this.session.record.localName ?? this.theirName;
  }

  get theirName(): string {
    return this.session.record.theirName;
  }

  get verified(): boolean {
    return this.session.record.verified !== undefined;
  }

  get unread(): number {
    return this.session.record.unread;
  }

  get timer(): TimerValue {
    return timerFromWire(this.session.record.timer);
  }

  accept(): Promise<void> {
    return this.#host.accept(this);
  }

  reject(): Promise<void> {
    requireState(this.state, 'requested');
    return this.#host.forget(this, 'rejected');
  }

  block(): Promise<void> {
    return this.#host.block(this);
  }

  cancel(): Promise<void> {
    requireState(this.state, 'waiting');
    return this.#host.forget(this, 'cancelled');
  }

  async sendText(text: string, { replyTo }: { readonly replyTo?: number } = {}): Promise<Message> {
    const fitting = said(text);
    const message = await this.session.change(async (change) => {
      requireState(change.record.state, 'open', 'waiting');
      const reference = replyTo === undefined ? undefined : await referenceTo(change, replyTo);
      if (replyTo !== undefined && reference === undefined) {
        throw new ClientError('NOT_FOUND', `there is no message ${replyTo} to reply to`);
      }
      const content = {
        type: 'text',
        text: fitting,
        ...(reference === undefined ? {} : { replyTo: reference }),
      } as const;
      const timer = timerFromWire(change.record.timer);
      const numbered = numberContent(change, content, timer);
      const added = addEntry(change, {
        from: 'me',
        kind: 'text',
        state: 'queued',
        seq: numbered.seq,
        timer,
        replyTo,
        content: numbered,
      });
      enqueue(change, 'text', numbered, timer, added.n);
      change.events.push({ type: 'message', chat: this.n, message: added });
      return added;
    });
    this.#pump.kick();
    return message;
  }

  messages(query: HistoryQuery = {}): Promise<Message[]> {
    return readPage(this.session.context.vault, this.session.scope, query);
  }

  message(n: number): Promise<Message | undefined> {
    return readEntry(this.session.context.vault, this.session.scope, n);
  }

  async markRead(numbers: number | readonly number[]): Promise<void> {
    const list = typeof numbers === 'number' ? [numbers] : numbers;
    const told = await this.session.change(async (change) => {
      let count = 0;
      for (const n of list) {
        count += (await this.#read(change, n)) ? 1 : 0;
      }
      return count;
    });
    if (told > 0) {
      this.#pump.owesReceipts();
    }
  }

  typing(): void {
    this.#pump.typing().catch(() => {});
  }

  fingerprint(): Fingerprint {
    const { record, context } = this.session;
    const mine = context.identity.publicKey;
    const [initiatorKey, responderKey] =
      record.role === 'initiator' ? [mine, record.theirKey] : [record.theirKey, mine];
    return fingerprint({ transcriptHash: record.transcriptHash, initiatorKey, responderKey });
  }

  async markVerified(verified = true): Promise<void> {
    const hash = this.#fingerprintHash();
    await this.session.change((change) => {
      const { verified: _before, ...rest } = change.record;
      change.record = verified ? { ...rest, verified: hash } : rest;
    });
  }

  /** Clears a mark that does not hold any more, and says so. */
  async checkVerified(): Promise<void> {
    const { verified } = this.session.record;
    if (verified !== undefined && !constantTimeEqual(verified, this.#fingerprintHash())) {
      await this.session.change((change) => {
        const { verified: _wrong, ...rest } = change.record;
        change.record = rest;
        change.events.push({ type: 'unverified', chat: this.n });
      });
    }
  }

  async rename(name: string): Promise<void> {
    const given = wellFormed(name.trim());
    if (new TextEncoder().encode(given).length > MAX_LOCAL_NAME_SIZE) {
      throw new ClientError('INVALID_ARGUMENT', `a name has at most ${MAX_LOCAL_NAME_SIZE} bytes`);
    }
    await this.session.change((change) => {
      const { localName: _before, ...rest } = change.record;
      change.record = given === '' ? rest : { ...rest, localName: given };
    });
  }

  async end(): Promise<void> {
    if (this.state === 'stale') {
      // A stale chat sends nothing: it can only be forgotten here.
      await this.#host.forget(this, 'ended');
      return;
    }
    await this.session.change(async (change) => {
      requireState(change.record.state, 'open');
      await endChat(change);
    });
    this.#pump.kick();
  }

  /** What is left of an ended chat goes when its time is over. */
  get endIsOver(): boolean {
    const { endedAtMs } = this.session.record;
    return endedAtMs !== undefined && this.session.context.effects.clock.wallMs() - endedAtMs > END_RECORD_MS;
  }

  async #read(change: ChatChange, n: number): Promise<boolean> {
    const stored = await change.records.get(MESSAGE, n);
    if (stored?.state !== 'received') {
      return false;
    }
    change.records.put(MESSAGE, n, { ...stored, state: 'read' });
    change.record = { ...change.record, unread: Math.max(0, change.record.unread - 1) };
    const receipted = stored.kind === 'text' || stored.kind === 'file';
    if (receipted) {
      const atMs = Math.max(0, Math.floor(this.session.context.effects.clock.wallMs()));
      change.records.put(RECEIPT, n, { seq: stored.seq, viewed: false, atMs });
    }
    return receipted;
  }

  #fingerprintHash(): Uint8Array {
    return sha256(new TextEncoder().encode(this.fingerprint().digits.join(' ')));
  }

  /** The mailbox that is put to is not there. */
  #gone(): void {
    const { state } = this.session.record;
    if (state === 'ended') {
      this.#host.forget(this, undefined).catch(() => {});
    } else if (state === 'waiting') {
      this.#host.inviteMayBeOver(this);
    }
  }

  /** Nothing is under way: an ended chat that both know of is forgotten. */
  #quiet(): void {
    const { state, endSeq, covered, endedByThem, got, told } = this.session.record;
    const acknowledged = got === told;
    if (state === 'ended' && acknowledged && (endedByThem === true || (endSeq !== undefined && covered >= endSeq))) {
      this.#host.forget(this, undefined).catch(() => {});
    }
  }
}

function requireState(state: ChatState, ...allowed: readonly ChatState[]): void {
  if (!allowed.includes(state)) {
    throw new ClientError('WRONG_STATE', `this cannot be done while the chat is ${state}`);
  }
}
