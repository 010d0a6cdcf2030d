/**
 * A device that is open in this process.
 *
 * @module
 */

import { deriveInviteKeys, wipeInviteKeys } from '@secret-chat/crypto';
import { changeAccountTtl } from '../account/account-ttl.ts';
import { exportRelayData } from '../account/export-relay-data.ts';
import { IdleLock } from '../account/idle-lock.ts';
import type { RelayExport } from '../account/relay-export.ts';
import type { LiveChat } from '../chat/live-chat.ts';
import { said } from '../chat/said.ts';
import type { DeletionProgress, Device, DeviceUnlock, Invite, InviteOptions, JoinOptions } from '../device.ts';
import type { Cancel } from '../effects.ts';
import { ClientError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { prepareJoin, readLink } from '../invite/join.ts';
import { newMailbox } from '../link/mailbox.ts';
import { mayReach } from '../link/may-reach.ts';
import type { LinkState } from '../link/relay-link.ts';
import { keepProcess } from '../platform.ts';
import type { DeviceParts } from './device-parts.ts';

/** How long a relay may take to hold a new invite, or to give one out. */
const RELAY_WAIT_MS = 20_000;
/** How often it is looked whether something's time is over. */
const HOUSEKEEPING_MS = 600_000;
/** How long closing waits for what can still be sent. */
const FLUSH_MS = 3_000;

export class LiveDevice implements Device {
  readonly #parts: DeviceParts;
  #housekeeping: Cancel | undefined;
  #closing: Promise<void> | undefined;
  #deleting: Promise<void> | undefined;
  #isDeleted = false;
  #lock: IdleLock | undefined;
  readonly #closed = new AbortController();
  readonly #letProcessEnd = keepProcess();

  constructor(parts: DeviceParts) {
    this.#parts = parts;
  }

  /** Opens chats and invites, and connects; or goes on with deleting the account. */
  async start(lockAfterMs?: number): Promise<void> {
    const { context, chats, invites, errands, deletion } = this.#parts;
    if (lockAfterMs !== undefined) {
      this.#lock = new IdleLock(context.effects.clock, lockAfterMs, () => this.#lockNow());
    }
    if (deletion.isMarked) {
      this.#deleting = this.#delete();
      this.#deleting.catch((error: unknown) => this.#tellFailure(error));
      return;
    }
    await chats.start();
    await invites.start();
    errands.run();
    await context.transfers.start(chats.all.map(({ session }) => session));
    await this.#keepHouse();
  }

  get name(): string {
    return this.#parts.state.record.name;
  }

  get relay(): string {
    return this.#parts.state.record.relay;
  }

  get identityKey(): Uint8Array {
    return new Uint8Array(this.#parts.context.identity.publicKey);
  }

  get chats(): readonly LiveChat[] {
    return this.deleting ? [] : this.#parts.chats.all;
  }

  chat(n: number): LiveChat | undefined {
    return this.deleting ? undefined : this.#parts.chats.get(n);
  }

  get invites(): readonly Invite[] {
    const usable = this.#parts.invites.all.filter(({ record }) => record.published);
    return this.deleting ? [] : usable.map(({ shown }) => shown);
  }

  async createInvite(options: InviteOptions = {}): Promise<Invite> {
    this.#requireOpen();
    const { state, invites } = this.#parts;
    const { n, record } = await state.withNext('nextInvite', (n, transaction) => ({
      n,
      record: invites.create(transaction, n, state.record.relay, options),
    }));
    return this.#withinTime(options.signal, async (signal) => (await invites.published(n, record, signal)).shown);
  }

  async revokeInvite(n: number): Promise<void> {
    this.#requireOpen();
    await this.#parts.invites.end(n, 'revoked');
  }

  async join(link: string, { text, signal }: JoinOptions = {}): Promise<LiveChat> {
    this.#requireOpen();
    const { context, chats } = this.#parts;
    const first = text === undefined ? undefined : said(text);
    const invite = readLink(link, context.identity.publicKey);
    const keys = deriveInviteKeys(invite.secret);
    const waiting = chats.waitingFor(keys.inviteId, invite.identityKey);
    wipeInviteKeys(keys);
    if (waiting !== undefined) {
      return waiting;
    }
    const mailbox = newMailbox(context.effects.random, chats.idleWeeks);
    // Where the other side may not go, nobody would find this mailbox.
    const relay = mayReach(this.relay, invite.relay) ? this.relay : invite.relay;
    const own = { name: this.name, mailbox, relay, text: first };
    try {
      const prepared = await this.#withinTime(signal, (limit) => prepareJoin(context, invite, own, limit));
      return await chats.join(prepared, first);
    } finally {
      mailbox.owner.privateKey.wipe();
      invite.secret.wipe();
    }
  }

  subscribe(listener: Listener): () => void {
    return this.#parts.context.journal.subscribe(listener);
  }

  links(): readonly { readonly relay: string; readonly link: LinkState }[] {
    return this.#parts.links.all.map(({ origin, state }) => ({ relay: origin, link: state }));
  }

  retryNow(): void {
    for (const link of this.#parts.links.all) {
      link.retryNow();
    }
    this.#parts.context.transfers.retryNow();
  }

  async changeUnlock(current: DeviceUnlock, next: DeviceUnlock): Promise<void> {
    this.#requireOpen();
    await this.#parts.context.vault.changeUnlock(current, next);
  }

  get accountTtlWeeks(): number {
    return this.#parts.state.idleWeeks;
  }

  async setAccountTtl(weeks: number): Promise<void> {
    this.#requireOpen();
    await changeAccountTtl(this.#parts, weeks);
  }

  async setStoreTtl(ms: number | undefined): Promise<void> {
    this.#requireOpen();
    await this.#parts.guard.setTtl(ms, this.#parts.context.effects.clock.wallMs());
  }

  async setMaxAttempts(attempts: number | undefined): Promise<void> {
    this.#requireOpen();
    await this.#parts.guard.setMaxAttempts(attempts);
  }

  touch(): void {
    this.#lock?.touch();
  }

  async exportRelayData({ signal }: { readonly signal?: AbortSignal } = {}): Promise<RelayExport> {
    this.#requireOpen();
    const { context, state } = this.#parts;
    const made = await this.#withinTime(signal, (limit) => exportRelayData(context, state.idleWeeks, limit));
    if (signal?.aborted) {
      throw new ClientError('ABORTED', 'this was aborted');
    }
    return made;
  }

  get deleting(): boolean {
    return this.#deleting !== undefined;
  }

  async deleteAccount(): Promise<DeletionProgress> {
    const { deletion } = this.#parts;
    this.#requireNotClosed();
    if (this.#deleting === undefined) {
      await deletion.mark();
      this.#deleting ??= this.#delete();
    }
    await Promise.race([this.#deleting, this.#after(RELAY_WAIT_MS)]);
    return { done: this.#isDeleted, left: this.#isDeleted ? 0 : deletion.left };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close(() => this.#parts.context.vault.close());
    return this.#closing;
  }

  /** Goes on until nothing is left, or the device is closed. */
  async #delete(): Promise<void> {
    const { context, chats, invites, deletion } = this.#parts;
    this.#housekeeping?.();
    this.#closed.abort(new ClientError('WRONG_STATE', 'the account is being deleted'));
    await Promise.all([chats.abandon(), invites.abandon()]);
    if (await deletion.run((error) => this.#tellFailure(error))) {
      this.#closing ??= this.#close(() => deletion.erase());
      await this.#closing;
      this.#isDeleted = true;
      context.journal.tell({ type: 'deleted' });
    }
  }

  #lockNow(): void {
    this.#parts.context.journal.tell({ type: 'locked' });
    this.close().catch(() => {});
  }

  async #close(letGo: () => Promise<void>): Promise<void> {
    try {
      const { context, chats, invites, errands, links, deletion, guard } = this.#parts;
      this.#closed.abort(new ClientError('CLOSED', 'the device was closed'));
      this.#housekeeping?.();
      this.#lock?.stop();
      await deletion.stop();
      await Promise.race([chats.flush(), this.#after(FLUSH_MS)]);
      await context.transfers.stop();
      await Promise.all([chats.stop(), invites.stop(), errands.stop()]);
      if (!this.deleting) {
        await context.deadlines.stop().catch(() => {});
        await guard.used(context.effects.clock.wallMs()).catch(() => {});
      }
      await links.close();
      // A full disk does not keep the store from being closed; what was told is told again then.
      await context.journal.flush().catch(() => {});
      await letGo();
      context.identity.wipe();
    } finally {
      this.#letProcessEnd();
    }
  }

  async #keepHouse(): Promise<void> {
    const { context, chats, invites, guard } = this.#parts;
    const { clock } = context.effects;
    this.#housekeeping = clock.after(HOUSEKEEPING_MS, () => {
      this.#keepHouse().catch((error: unknown) => this.#tellFailure(error));
    });
    await guard.used(clock.wallMs());
    await invites.endExpired();
    await chats.endExpired();
  }

  /** Runs `work` with a signal that ends with the caller's, the device, or after some time. */
  async #withinTime<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const cancel = this.#parts.context.effects.clock.after(RELAY_WAIT_MS, () => late.abort());
    const signals = [late.signal, this.#closed.signal, ...(signal === undefined ? [] : [signal])];
    try {
      return await work(AbortSignal.any(signals));
    } catch (error) {
      if (this.#closed.signal.aborted) {
        throw this.#closed.signal.reason;
      }
      if (late.signal.aborted) {
        throw new ClientError('RELAY_UNREACHABLE', 'the relay did not answer; is it running, and are you online?');
      }
      throw signal?.aborted ? new ClientError('ABORTED', 'this was aborted') : error;
    } finally {
      cancel();
    }
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => this.#parts.context.effects.clock.after(ms, resolve));
  }

  /** Of what nobody waits for. */
  #tellFailure(error: unknown): void {
    if (this.#closing === undefined) {
      const { journal } = this.#parts.context;
      journal.tell({ type: 'error', code: 'STORE_FAILED', message: String((error as Error).message) });
    }
  }

  #requireOpen(): void {
    this.#requireNotClosed();
    if (this.deleting) {
      throw new ClientError('WRONG_STATE', 'the account is being deleted');
    }
  }

  #requireNotClosed(): void {
    if (this.#closing !== undefined) {
      throw new ClientError('CLOSED', 'the device was closed');
    }
  }
}
