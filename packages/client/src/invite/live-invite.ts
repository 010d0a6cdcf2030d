/**
 * An invite that can be used: its inbox is watched, its card and prekeys are kept fresh.
 *
 * Spec: docs/protocol/invite.md §6.
 *
 * @module
 */

import {
  deriveInviteKeys,
  ed25519KeyPair,
  encodeInvite,
  type InviteKeys,
  isLoopbackOrigin,
  Secret,
  sha256,
  wipeInviteKeys,
} from '@secret-chat/crypto';
import type { DeviceContext } from '../device/context.ts';
import { DEFAULT_IDLE_WEEKS } from '../device/device-record.ts';
import type { Invite } from '../device.ts';
import type { Cancel } from '../effects.ts';
import { ClientError, isClientError } from '../errors.ts';
import { deserializeMailbox } from '../link/mailbox.ts';
import type { CallOptions, OwnCard, Watch } from '../link/relay-link.ts';
import { Mutex } from '../mutex.ts';
import { Retry } from '../retry.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { INVITE, type InviteRecord } from './invite-record.ts';
import { addOneTimePrekeys, MAX_HELD, poolSize, removeOneTimePrekeys } from './prekey-pool.ts';
import { cardIsOld, makeCard, removeCards } from './stored-cards.ts';

/** How often cards and prekeys are looked at besides every new connection. */
const UPKEEP_MS = 6 * 3_600_000;
/** More than a relay has a reason to send before one is acknowledged; the rest comes again. */
const MAX_ARRIVALS = 256;
/** After an upkeep or a request that failed. */
const RETRY_MS = 30_000;

/** No period: the card is put again. */
const UNKNOWN_WEEKS = 0;

/** Whom requests are given to. */
export interface InviteHost {
  readonly name: string;
  readonly idleWeeks: number;
  /** Resolves once the request is committed, or was found to be none; rejects if it is to be taken later. */
  take(invite: LiveInvite, envelope: Uint8Array): Promise<void>;
}

export class LiveInvite {
  readonly n: number;
  readonly keys: InviteKeys;
  readonly #context: DeviceContext;
  readonly #host: InviteHost;
  /** One after another: upkeep, and requests. */
  readonly #mutex = new Mutex();
  /** One after another: what is written, and the end. Nobody holds it who waits for anything but the store. */
  readonly #writing = new Mutex();
  #record: InviteRecord;
  #watch: Watch | undefined;
  #release: Cancel | undefined;
  readonly #requestsAgain: Retry;
  readonly #upkeepAgain: Retry;
  readonly #arrivals: Uint8Array[] = [];
  #timer: Cancel | undefined;
  #subscribed: () => void = () => {};
  #notOpened: (error: Error) => void = () => {};
  #stopped = false;
  /** Resolves once the inbox is open at the relay; rejects if that is refused first. */
  readonly open: Promise<void>;

  constructor(context: DeviceContext, host: InviteHost, n: number, record: InviteRecord) {
    this.#context = context;
    this.#host = host;
    this.n = n;
    this.#record = record;
    const { clock } = context.effects;
    this.#requestsAgain = new Retry(clock, RETRY_MS, () => this.#work());
    this.#upkeepAgain = new Retry(clock, RETRY_MS, () => this.#lookAfter());
    this.keys = deriveInviteKeys(new Secret(new Uint8Array(record.secret)));
    this.open = new Promise((resolve, reject) => {
      this.#subscribed = resolve;
      this.#notOpened = reject;
    });
    // Only who makes an invite waits for it.
    this.open.catch(() => {});
  }

  get record(): InviteRecord {
    return this.#record;
  }

  /** What a program shows. */
  get shown(): Invite {
    const { relay, reusable, expiresAt, secret } = this.#record;
    const link = encodeInvite({
      relay,
      secret: new Secret(new Uint8Array(secret)),
      identityKey: this.#context.identity.publicKey,
    });
    return { n: this.n, link, reusable, expiresAt: expiresAt * 1000, loopback: isLoopbackOrigin(relay) };
  }

  /** Watches the inbox, and looks after the card at each connection. */
  start(): void {
    const { relay, inbox } = this.#record;
    const link = this.#context.links.get(relay);
    this.#release = link.hold();
    this.#watch = link.watch(deserializeMailbox(inbox, this.#host.idleWeeks), {
      subscribed: () => {
        this.#subscribed();
        this.#lookAfter();
      },
      envelope: (envelope) => this.#receive(envelope),
      drained: () => {},
      displaced: () => {},
      refused: (error) => {
        this.#notOpened(error);
        this.#tellError(error);
      },
      offline: () => {},
    });
  }

  /** The relay is to keep card and inbox for another time. */
  renew(): void {
    this.#watch?.renew(this.#host.idleWeeks);
    this.#lookAfter();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch?.stop();
    this.#timer?.();
    this.#requestsAgain.stop();
    this.#upkeepAgain.stop();
    this.#release?.();
    await this.#mutex.idle();
    wipeInviteKeys(this.keys);
  }

  /** Runs `end`, which removes the invite, while nothing of it is being written. Afterwards nothing is, once it was stopped. */
  alone<T>(end: () => Promise<T>): Promise<T> {
    return this.#writing.run(end);
  }

  /** Resolves once the relay has card and prekeys. @throws `ClientError` `RELAY_…`, `ABORTED` */
  publish(options: CallOptions): Promise<void> {
    return this.#mutex.run(() => this.#upkeep(options));
  }

  #receive(envelope: Uint8Array): void {
    if (this.#arrivals.length < MAX_ARRIVALS) {
      this.#arrivals.push(envelope);
      this.#work();
    }
  }

  /** Takes what has arrived, in its order; what cannot be taken now is tried again, and the rest waits behind it. */
  #work(): void {
    this.#mutex
      .run(async () => {
        for (let next = this.#arrivals[0]; next !== undefined && !this.#stopped; next = this.#arrivals[0]) {
          await this.#host.take(this, next);
          this.#arrivals.shift();
          this.#watch?.acknowledge(sha256(next));
        }
      })
      .catch(() => this.#requestsAgain.schedule());
  }

  #lookAfter(): void {
    this.#timer?.();
    this.#timer = this.#context.effects.clock.after(UPKEEP_MS, () => this.#lookAfter());
    this.#mutex
      .run(() => (this.#stopped ? Promise.resolve() : this.#upkeep({})))
      .catch((error: unknown) => {
        if (!isClientError(error, 'RELAY_UNREACHABLE', 'CLOSED', 'ABORTED')) {
          this.#tellError(error);
          this.#upkeepAgain.schedule();
        }
      });
  }

  /** §4.5: a card that is old is replaced, keys that are too old go, the pool is filled. */
  async #upkeep(options: CallOptions): Promise<void> {
    const held = await this.#renewCard();
    const card = this.#ownCard();
    const link = this.#context.links.get(this.#record.relay);
    try {
      const { idleWeeks } = this.#host;
      const isKept = this.#record.published && (this.#record.idleWeeks ?? DEFAULT_IDLE_WEEKS) === idleWeeks;
      let count = isKept ? await this.#poolCount(card, options) : undefined;
      if (count === undefined) {
        if (this.#record.published) {
          // An answer may be lost: until it came, nobody knows how long the relay keeps the card.
          await this.#write(() => ({ ...this.#record, idleWeeks: UNKNOWN_WEEKS }));
        }
        count = await link.putCard(card, this.#record.sealedCard, [], idleWeeks, options);
        await this.#write(() => ({ ...this.#record, published: true, idleWeeks }));
      }
      const full = poolSize(this.#record.reusable);
      const missing = Math.min(full - count, MAX_HELD - held);
      if (count <= full / 2 && missing > 0) {
        await link.addPrekeys(card, await this.#makePrekeys(missing), options);
      }
    } finally {
      card.owner.privateKey.wipe();
    }
  }

  /** `undefined` when the relay has no card, as one that was replaced by an empty one. */
  async #poolCount(card: OwnCard, options: CallOptions): Promise<number | undefined> {
    try {
      return await this.#context.links.get(this.#record.relay).addPrekeys(card, [], options);
    } catch (error) {
      if (isClientError(error) && error.relayCode === 'GONE') {
        return undefined;
      }
      throw error;
    }
  }

  /** Returns how many one-time prekeys are held. */
  async #renewCard(): Promise<number> {
    let held = 0;
    await this.#write(async (transaction) => {
      await removeCards(this.#context, transaction, this.n, 'expired');
      held = await removeOneTimePrekeys(this.#context, transaction, this.n, 'expired');
      if (!cardIsOld(this.#context, this.#record)) {
        return this.#record;
      }
      return makeCard(this.#context, transaction, this.n, this.#record, this.keys, this.#host.name);
    });
    return held;
  }

  /** Private halves are on the disk before the relay gives the public ones out. */
  async #makePrekeys(count: number): Promise<readonly Uint8Array[]> {
    let sealed: readonly Uint8Array[] = [];
    await this.#write((transaction) => {
      const first = this.#record.nextOneTime;
      sealed = addOneTimePrekeys(this.#context, transaction, this.n, this.keys, first, count);
      return { ...this.#record, nextOneTime: first + count };
    });
    return sealed;
  }

  /** @throws `ClientError` `ABORTED` once it was stopped: an invite that ended must not be stored again */
  #write(work: (transaction: Transaction) => Promise<InviteRecord> | InviteRecord): Promise<void> {
    return this.#writing.run(async () => {
      if (this.#stopped) {
        throw new ClientError('ABORTED', 'the invite has ended, or the device was closed');
      }
      const transaction = this.#context.vault.begin();
      const record = await work(transaction);
      if (record !== this.#record) {
        transaction.put(INVITE, NO_SCOPE, this.n, record);
      }
      await transaction.commit();
      this.#record = record;
    });
  }

  #ownCard(): OwnCard {
    return { owner: ed25519KeyPair(new Uint8Array(this.#record.cardSeed)), inviteId: this.keys.inviteId };
  }

  #tellError(error: unknown): void {
    if (!this.#stopped) {
      const code = isClientError(error) ? error.code : 'RELAY_REFUSED';
      this.#context.journal.tell({ type: 'error', code, message: 'an invite could not be kept up; trying again' });
    }
  }
}
