/**
 * All invites of a device: made, ended, and the requests that come of them.
 *
 * Spec: docs/protocol/invite.md §6.
 *
 * @module
 */

import { deriveInviteKeys, INVITE_SECRET_SIZE, Secret, wipeInviteKeys } from '@secret-chat/crypto';
import { type DeviceContext, nowSeconds } from '../device/context.ts';
import type { Errands } from '../device/errands.ts';
import type { InviteOptions } from '../device.ts';
import { ClientError } from '../errors.ts';
import type { DeviceEvent } from '../events.ts';
import { newMailbox, serializeMailbox } from '../link/mailbox.ts';
import { NO_SCOPE } from '../vault/scopes.ts';
import type { Transaction } from '../vault/transaction.ts';
import { INVITE, type InviteRecord } from './invite-record.ts';
import { type InviteHost, LiveInvite } from './live-invite.ts';
import { removeOneTimePrekeys } from './prekey-pool.ts';
import { makeCard, removeCards } from './stored-cards.ts';

const SECOND_MS = 1000;
/** Invite §6. */
const LIFE_MS = { oneTime: 7 * 86_400_000, reusable: 365 * 86_400_000 } as const;
const SEED_SIZE = 32;
const EMPTY_CARD_SIZE = 4096;

export class Invites {
  readonly #context: DeviceContext;
  readonly #errands: Errands;
  readonly #host: InviteHost;
  readonly #live = new Map<number, LiveInvite>();

  constructor(context: DeviceContext, errands: Errands, host: InviteHost) {
    this.#context = context;
    this.#errands = errands;
    this.#host = host;
  }

  /** Reads what is stored and watches it; what has expired meanwhile ends. */
  async start(): Promise<void> {
    for (const { position, value } of await this.#context.vault.page(INVITE, NO_SCOPE)) {
      this.#live.set(position, new LiveInvite(this.#context, this.#host, position, value));
    }
    await this.endExpired();
    for (const invite of this.#live.values()) {
      invite.start();
    }
  }

  /** The relays are to keep all of them for another time. */
  renew(): void {
    for (const invite of this.#live.values()) {
      invite.renew();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#live.values()].map((invite) => invite.stop()));
  }

  /** Nobody works on an invite in this process any more, and none is shown. */
  async abandon(): Promise<void> {
    await this.stop();
    this.#live.clear();
  }

  get all(): readonly LiveInvite[] {
    return [...this.#live.values()];
  }

  get(n: number): LiveInvite | undefined {
    return this.#live.get(n);
  }

  /** Stores a new invite with `transaction`; it is to be {@link Invites.published} once that is committed. */
  create(transaction: Transaction, n: number, relay: string, options: InviteOptions): InviteRecord {
    const { random } = this.#context.effects;
    const reusable = options.reusable ?? false;
    const lifeMs = options.lifeMs ?? (reusable ? LIFE_MS.reusable : LIFE_MS.oneTime);
    if (!(lifeMs >= SECOND_MS && lifeMs <= 2 * LIFE_MS.reusable)) {
      throw new ClientError('INVALID_ARGUMENT', 'an invite lives for a second to two years');
    }
    const inbox = newMailbox(random, this.#host.idleWeeks);
    const record: InviteRecord = {
      secret: random(INVITE_SECRET_SIZE),
      reusable,
      expiresAt: nowSeconds(this.#context) + Math.floor(lifeMs / SECOND_MS),
      relay,
      inbox: serializeMailbox(inbox),
      cardSeed: random(SEED_SIZE),
      cardId: 0,
      cardMadeAt: 0,
      sealedCard: new Uint8Array(EMPTY_CARD_SIZE),
      published: false,
      nextOneTime: 1,
    };
    const keys = deriveInviteKeys(new Secret(new Uint8Array(record.secret)));
    try {
      const made = makeCard(this.#context, transaction, n, record, keys, this.#host.name);
      transaction.put(INVITE, NO_SCOPE, n, made);
      return made;
    } finally {
      wipeInviteKeys(keys);
    }
  }

  /** Resolves once the relay has all of it; ends the invite if it never does. */
  async published(n: number, record: InviteRecord, signal: AbortSignal): Promise<LiveInvite> {
    const invite = new LiveInvite(this.#context, this.#host, n, record);
    this.#live.set(n, invite);
    invite.start();
    try {
      await Promise.race([invite.open, rejection(signal)]);
      await invite.publish({ wait: true, signal });
      return invite;
    } catch (error) {
      await this.end(n, undefined);
      throw error;
    }
  }

  /** Ends an invite here, and at the relay as soon as it can be told. */
  async end(n: number, why: 'revoked' | 'expired' | undefined): Promise<void> {
    await this.#require(n).alone(async () => {
      const transaction = this.#context.vault.begin();
      const after = await this.endWith(transaction, n);
      const events: DeviceEvent[] = why === undefined ? [] : [{ type: 'inviteEnded', invite: n, why }];
      const ticket = this.#context.journal.write(transaction, events);
      await transaction.commit();
      after();
      this.#context.journal.committed(ticket);
    });
  }

  /**
   * Removes everything of an invite with `transaction` (§6), while it is {@link LiveInvite.alone}; call the result once that
   * is committed.
   *
   * @param afterChat the chat whose `accept` has to be on the relay before inbox and card go
   * @throws `ClientError` `NOT_FOUND`
   */
  async endWith(transaction: Transaction, n: number, afterChat?: number): Promise<() => void> {
    const invite = this.#require(n);
    const { relay, inbox, cardSeed } = invite.record;
    transaction.delete(INVITE, NO_SCOPE, n);
    await removeCards(this.#context, transaction, n, 'all');
    await removeOneTimePrekeys(this.#context, transaction, n, 'all');
    const held = afterChat === undefined ? {} : { afterChat };
    const steps = [
      this.#errands.add(transaction, {
        what: 'closeMailbox',
        relay,
        seed: inbox.slice(0, SEED_SIZE),
        id: inbox.slice(SEED_SIZE),
        ...held,
      }),
      this.#errands.add(transaction, {
        what: 'removeCard',
        relay,
        seed: cardSeed,
        id: new Uint8Array(invite.keys.inviteId),
        ...held,
      }),
    ];
    return () => {
      this.#live.delete(n);
      // It may be the invite itself that waits for this, with a request.
      invite.stop().catch(() => {});
      for (const step of steps) {
        step();
      }
    };
  }

  #require(n: number): LiveInvite {
    const invite = this.#live.get(n);
    if (invite === undefined) {
      throw new ClientError('NOT_FOUND', `there is no invite ${n}`);
    }
    return invite;
  }

  /** Ends what has expired. */
  async endExpired(): Promise<void> {
    const now = nowSeconds(this.#context);
    for (const invite of this.all) {
      if (invite.record.expiresAt <= now) {
        await this.end(invite.n, 'expired');
      }
    }
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) {
      abort();
    } else {
      signal.addEventListener('abort', abort, { once: true });
    }
  });
}
