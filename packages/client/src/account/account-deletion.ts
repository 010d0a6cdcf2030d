/**
 * Deleting the account: everything here is destroyed, and what others are to be told is told, now or later.
 *
 * Spec: docs/protocol/delivery.md §13.
 *
 * @module
 */

import { deriveInviteKeys, Secret, wipeInviteKeys } from '@secret-chat/crypto';
import { CHAT, type ChatRecord, RATCHET } from '../chat/chat-record.ts';
import { ChatSession } from '../chat/chat-session.ts';
import { type DeviceContext, nowMs } from '../device/context.ts';
import { DEVICE, ERRAND } from '../device/device-record.ts';
import type { DeviceState } from '../device/device-state.ts';
import type { Errands } from '../device/errands.ts';
import { isClientError } from '../errors.ts';
import { INVITE, type InviteRecord } from '../invite/invite-record.ts';
import { forgetFile } from '../media/file-effects.ts';
import { PIECE_ERRAND, TRANSFER } from '../media/transfer-record.ts';
import type { Positioned, RecordKind } from '../vault/record-kind.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import { ACCOUNT_DELETION, END_RECORD } from './deletion-record.ts';
import { EndRecords } from './end-records.ts';
import { takeLeave } from './farewell.ts';

/** Files whose pieces one change gives to the journal, and records that one removes. */
const FILES = 20;
const STEP = 500;
const SEED_SIZE = 32;
/** No relay keeps an `end` for longer, so nobody could find it. */
const ENDS_MS: number = 30 * 86_400_000;
const WEEK_MS: number = 7 * 86_400_000;
/** How often it is looked whether everything was told: counters in memory. */
const FIRST_LOOK_MS = 200;
const LAST_LOOK_MS = 1_000;
/** After a step that failed: the disk is full. */
const AGAIN_MS = 60_000;
/** Shown of a device whose account is deleted. */
const NO_NAME = '-';

export class AccountDeletion {
  readonly #context: DeviceContext;
  readonly #state: DeviceState;
  readonly #errands: Errands;
  readonly #ends: EndRecords;
  #startedAtMs: number | undefined;
  #isDestroyed = false;
  /** Whether pieces may still be on their way to a relay. */
  #isMoving = false;
  #stopped = false;

  /** @param startedAtMs of a deletion that was begun before */
  constructor(context: DeviceContext, state: DeviceState, errands: Errands, startedAtMs: number | undefined) {
    const { vault, links, effects } = context;
    this.#context = context;
    this.#state = state;
    this.#errands = errands;
    this.#ends = new EndRecords(vault, links, effects.clock);
    this.#startedAtMs = startedAtMs;
  }

  /** There is no way back. */
  get isMarked(): boolean {
    return this.#startedAtMs !== undefined;
  }

  /** From now on there is no way back. */
  async mark(): Promise<void> {
    const startedAtMs = nowMs(this.#context);
    const transaction = this.#context.vault.begin();
    transaction.put(ACCOUNT_DELETION, NO_SCOPE, 0, { startedAtMs });
    await transaction.commit();
    this.#startedAtMs = startedAtMs;
    this.#isMoving = true;
    const ended = () => {
      this.#isMoving = false;
    };
    this.#context.transfers.abandon().then(ended, ended);
  }

  /**
   * Destroys what is here and tells what is to be told; what fails is tried again. True when nothing is left to be told, false
   * when it was stopped. Nobody else may work on chats or invites.
   */
  async run(failed: (error: unknown) => void): Promise<boolean> {
    while (!this.#stopped) {
      try {
        await this.#destroy();
        await this.#tell();
        return !this.#stopped;
      } catch (error) {
        failed(error);
        await this.#after(AGAIN_MS);
      }
    }
    return false;
  }

  /** The last step: nothing of the store is left. */
  async erase(): Promise<void> {
    await this.#removeBlobs();
    await this.#context.vault.erase();
  }

  /**
   * Destroys everything here but the journal, in bounded steps. Called again after a kill at any write, it goes on.
   */
  async #destroy(): Promise<void> {
    const { vault } = this.#context;
    for (const chat of await vault.page(CHAT, NO_SCOPE)) {
      await this.#leaveChat(chat);
    }
    for (const invite of await vault.page(INVITE, NO_SCOPE)) {
      await this.#leaveInvite(invite);
    }
    const journal = [DEVICE, ACCOUNT_DELETION, END_RECORD, ERRAND, PIECE_ERRAND];
    let last: Uint8Array | undefined;
    do {
      last = await vault.removeOthers(journal, STEP, last);
    } while (last !== undefined);
    await this.#forgetIdentity();
    await this.#removeBlobs();
    await this.#ends.load();
    this.#isDestroyed = true;
  }

  /** Ciphertexts of files that lie beside the store. */
  async #removeBlobs(): Promise<void> {
    const { blobs } = this.#context.transfers.media;
    for (const name of await blobs.list()) {
      await blobs.remove(name);
    }
  }

  /** How many are still to be told: chats, and what relays have. */
  get left(): number {
    const pieces = this.#context.transfers.media.errands;
    // Before everything here is destroyed and nothing moves any more, not all of it is known.
    const unknown = this.#isDestroyed && !this.#isMoving ? 0 : 1;
    return this.#ends.left + this.#errands.left + pieces.left + unknown;
  }

  /** Tells everything; resolves once nothing is left to be told, or it was stopped. */
  async #tell(): Promise<void> {
    this.#ends.run();
    this.#errands.run();
    this.#context.transfers.media.errands.run();
    for (let wait = FIRST_LOOK_MS; !this.#stopped; wait = Math.min(2 * wait, LAST_LOOK_MS)) {
      await this.#giveUp();
      if (this.left === 0 && (await this.#journalIsEmpty())) {
        return;
      }
      await this.#after(wait);
      if (this.left === 0) {
        await this.#releasePieces();
      }
    }
  }

  async #journalIsEmpty(): Promise<boolean> {
    const { vault } = this.#context;
    for (const kind of [END_RECORD, ERRAND, PIECE_ERRAND] as const) {
      if ((await vault.page(kind as RecordKind<unknown>, NO_SCOPE, { limit: 1 })).length > 0) {
        return false;
      }
    }
    return true;
  }

  /** Errands that somebody held and could not release: nothing moves any more, and nobody holds one. */
  async #releasePieces(): Promise<void> {
    const { vault, transfers } = this.#context;
    const held = await vault.page(PIECE_ERRAND, NO_SCOPE);
    await transfers.media.errands.release(held.map(({ position }) => position));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ends.stop();
  }

  async #leaveChat({ position, value }: Positioned<ChatRecord>): Promise<void> {
    const { vault } = this.#context;
    const session = new ChatSession(this.#context, position, value);
    const page = () => vault.page(TRANSFER, session.scope, { limit: FILES });
    try {
      for (let files = await page(); files.length > 0; files = await page()) {
        await session.change(async (change) => {
          for (const file of files) {
            await forgetFile(change, file.position);
          }
        });
      }
      await session.change(async (change) => {
        await takeLeave(change, this.#errands);
        change.transaction.delete(CHAT, NO_SCOPE, position);
        change.records.delete(RATCHET, 0);
        change.forgotten = true;
      });
    } catch (error) {
      if (!isClientError(error, 'STORE_DAMAGED')) {
        throw error;
      }
      // What cannot be read cannot be told: it goes without a word.
      const transaction = vault.begin();
      transaction.delete(CHAT, NO_SCOPE, position);
      await transaction.commit();
    }
  }

  async #leaveInvite({ position, value }: Positioned<InviteRecord>): Promise<void> {
    const { relay, inbox, cardSeed, secret } = value;
    const keys = deriveInviteKeys(new Secret(new Uint8Array(secret)));
    const transaction = this.#context.vault.begin();
    const box = { seed: inbox.slice(0, SEED_SIZE), id: inbox.slice(SEED_SIZE) };
    const card = { seed: cardSeed, id: new Uint8Array(keys.inviteId) };
    wipeInviteKeys(keys);
    const added = [
      this.#errands.add(transaction, { what: 'closeMailbox', relay, ...box }),
      this.#errands.add(transaction, { what: 'removeCard', relay, ...card }),
    ];
    transaction.delete(INVITE, NO_SCOPE, position);
    await transaction.commit();
    for (const run of added) {
      run();
    }
  }

  /** The relay and the period stay, for what is still to be told. */
  async #forgetIdentity(): Promise<void> {
    const { vault, effects } = this.#context;
    const { relay, idleWeeks, name } = this.#state.record;
    if (name === NO_NAME) {
      return;
    }
    const transaction = vault.begin();
    transaction.put(DEVICE, NO_SCOPE, 0, {
      ...{ seed: effects.random(SEED_SIZE), name: NO_NAME, relay, nextChat: 1, nextInvite: 1 },
      ...(idleWeeks === undefined ? {} : { idleWeeks }),
    });
    await transaction.commit();
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => this.#context.effects.clock.after(ms, resolve));
  }

  /** After 30 days nobody finds an `end`, and after its period a relay has deleted everything by itself. */
  async #giveUp(): Promise<void> {
    const age = nowMs(this.#context) - (this.#startedAtMs ?? 0);
    if (age > ENDS_MS) {
      await this.#ends.giveUp();
    }
    if (age > (this.#state.idleWeeks + 1) * WEEK_MS) {
      await this.#errands.giveUp();
      await this.#context.transfers.media.errands.giveUp();
    }
  }
}
