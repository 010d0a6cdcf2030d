/**
 * A chat's state in memory, and the one way to change it: on a draft, committed as a whole.
 *
 * Spec: docs/protocol/delivery.md §3.
 *
 * @module
 */

import { deserializeState, dropExpiredKeys, type RatchetState, retire, serializeState } from '@secret-chat/crypto';
import { AHEAD, type AheadRecord, OUTBOX, type OutboxRecord } from '../delivery/outbox-record.ts';
import { type DeviceContext, nowSeconds } from '../device/context.ts';
import { ClientError } from '../errors.ts';
import type { DeviceEvent } from '../events.ts';
import { Mutex } from '../mutex.ts';
import { type Draft, Mirror } from '../vault/mirror.ts';
import { ScopedDraft } from '../vault/scoped-draft.ts';
import { NO_SCOPE, numberScope } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { CHAT, type ChatRecord, RATCHET } from './chat-record.ts';

/** A chat as it will be once the change is committed. */
export interface ChatChange {
  readonly session: ChatSession;
  readonly context: DeviceContext;
  readonly transaction: Transaction;
  /** Records of the chat. */
  readonly records: ScopedDraft;
  readonly outbox: Draft<OutboxRecord>;
  readonly ahead: Draft<AheadRecord>;
  record: ChatRecord;
  ratchet: RatchetState;
  /** Told once committed, in this order. */
  readonly events: DeviceEvent[];
  /** Called once committed, before the events are told. */
  readonly afterwards: (() => void)[];
  /** Nothing of the chat is stored any more. */
  forgotten: boolean;
}

export class ChatSession {
  readonly n: number;
  readonly scope: Uint8Array;
  readonly context: DeviceContext;
  readonly #mutex = new Mutex();
  #record: ChatRecord;
  #ratchet: RatchetState | undefined;
  #outbox: Mirror<OutboxRecord> | undefined;
  #ahead: Mirror<AheadRecord> | undefined;
  #forgotten = false;
  /** Life clock, in ms: when the chat's mailbox was last asked and turned out empty in this process (timers §5). */
  emptyAskedMs = 0;

  constructor(context: DeviceContext, n: number, record: ChatRecord) {
    this.context = context;
    this.n = n;
    this.scope = numberScope(n);
    this.#record = record;
  }

  /** A chat that is stored for the first time, in `transaction`; nothing of it is held in memory before it is committed. */
  static create(
    context: DeviceContext,
    transaction: Transaction,
    n: number,
    record: ChatRecord,
    ratchet: RatchetState,
  ): ChatSession {
    const session = new ChatSession(context, n, record);
    session.#ratchet = ratchet;
    transaction.put(CHAT, NO_SCOPE, n, record);
    putRatchet(transaction, session.scope, ratchet);
    return session;
  }

  get record(): ChatRecord {
    return this.#record;
  }

  /** True once nothing of the chat is stored any more. */
  get forgotten(): boolean {
    return this.#forgotten;
  }

  /** What waits to be acknowledged; empty until the chat was changed or {@link ChatSession.load}ed. */
  get outbox(): Pick<Mirror<OutboxRecord>, 'size' | 'get' | 'entries'> {
    return this.#outbox ?? new Mirror(OUTBOX, this.scope);
  }

  get ahead(): Pick<Mirror<AheadRecord>, 'size' | 'get' | 'entries'> {
    return this.#ahead ?? new Mirror(AHEAD, this.scope);
  }

  /** Reads what is not read yet: ratchet, outbox, what is ahead. */
  async load(): Promise<void> {
    await this.#mutex.run(() => this.#load());
  }

  /**
   * Runs `work` on a draft and commits what it made of it. If `work` or the commit fails, nothing has changed.
   *
   * @throws `ClientError` `WRONG_STATE` once the chat is forgotten; what `work` throws; errors of the store
   */
  change<T>(work: (change: ChatChange) => Promise<T> | T): Promise<T> {
    return this.#mutex.run(async () => {
      if (this.#forgotten) {
        throw new ClientError('WRONG_STATE', 'this chat is over');
      }
      const { ratchet, outbox, ahead } = await this.#load();
      const transaction = this.context.vault.begin();
      const change: ChatChange = {
        session: this,
        context: this.context,
        transaction,
        records: new ScopedDraft(this.context.vault, transaction, this.scope),
        outbox: outbox.draft(transaction),
        ahead: ahead.draft(transaction),
        record: this.#record,
        ratchet,
        events: [],
        afterwards: [],
        forgotten: false,
      };
      const result = await work(change);
      await this.#commit(change, ratchet);
      return result;
    });
  }

  /** Runs `work` while no change of this chat is under way: for what removes it with another chat's change. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#mutex.run(work);
  }

  /** Another change has removed the chat from the store. */
  wasForgotten(): void {
    this.#forgotten = true;
  }

  /** Once everything under way has ended. */
  idle(): Promise<void> {
    return this.#mutex.idle();
  }

  async #commit(change: ChatChange, before: RatchetState): Promise<void> {
    const { transaction, record, ratchet } = change;
    if (!change.forgotten) {
      if (record !== this.#record) {
        transaction.put(CHAT, NO_SCOPE, this.n, record);
      }
      if (ratchet !== before) {
        putRatchet(transaction, this.scope, ratchet);
      }
    }
    const ticket = this.context.journal.write(transaction, change.events);
    await transaction.commit();
    this.#record = record;
    this.#ratchet = ratchet;
    this.#forgotten = change.forgotten;
    if (ratchet !== before) {
      retire(before, ratchet);
    }
    change.outbox.apply();
    change.ahead.apply();
    for (const step of change.afterwards) {
      step();
    }
    this.context.journal.committed(ticket);
  }

  async #load(): Promise<{ ratchet: RatchetState; outbox: Mirror<OutboxRecord>; ahead: Mirror<AheadRecord> }> {
    const { vault } = this.context;
    this.#outbox ??= await Mirror.load(vault, OUTBOX, this.scope);
    this.#ahead ??= await Mirror.load(vault, AHEAD, this.scope);
    this.#ratchet ??= await this.#readRatchet();
    return { ratchet: this.#ratchet, outbox: this.#outbox, ahead: this.#ahead };
  }

  async #readRatchet(): Promise<RatchetState> {
    const bytes = await this.context.vault.get(RATCHET, this.scope);
    if (bytes === undefined) {
      throw new ClientError('STORE_DAMAGED', 'the keys of a chat are missing');
    }
    try {
      return dropExpiredKeys(deserializeState(bytes), nowSeconds(this.context));
    } catch (cause) {
      throw new ClientError('STORE_DAMAGED', 'the keys of a chat are damaged', { cause });
    } finally {
      bytes.fill(0);
    }
  }
}

/** The other side's name of a message's sender. */
export function roleOf(record: ChatRecord, from: 'me' | 'them'): 'initiator' | 'responder' {
  const mine = record.role;
  const other = mine === 'initiator' ? 'responder' : 'initiator';
  return from === 'me' ? mine : other;
}

function putRatchet(transaction: Transaction, scope: Uint8Array, ratchet: RatchetState): void {
  const bytes = serializeState(ratchet);
  transaction.put(RATCHET, scope, 0, bytes);
  bytes.fill(0);
}
