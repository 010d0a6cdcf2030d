/**
 * A device that is open in this process.
 *
 * @module
 */

import { deriveInviteKeys, wipeInviteKeys } from '@secret-chat/crypto';
import type { LiveChat } from '../chat/live-chat.ts';
import { said } from '../chat/said.ts';
import type { Device, DeviceUnlock, Invite, InviteOptions, JoinOptions } from '../device.ts';
import type { Cancel } from '../effects.ts';
import { ClientError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Invites } from '../invite/invites.ts';
import { prepareJoin, readLink } from '../invite/join.ts';
import { newMailbox } from '../link/mailbox.ts';
import type { LinkState } from '../link/relay-link.ts';
import type { Chats } from './chats.ts';
import type { DeviceContext } from './context.ts';
import type { DeviceState } from './device-state.ts';
import type { Errands } from './errands.ts';
import type { KnownLinks } from './known-links.ts';

/** How long a relay may take to hold a new invite, or to give one out. */
const RELAY_WAIT_MS = 20_000;
/** How often it is looked whether something's time is over. */
const HOUSEKEEPING_MS = 600_000;
/** How long closing waits for what can still be sent. */
const FLUSH_MS = 3_000;

/** What a device is made of. */
export interface DeviceParts {
  readonly context: DeviceContext;
  readonly state: DeviceState;
  readonly links: KnownLinks;
  readonly chats: Chats;
  readonly invites: Invites;
  readonly errands: Errands;
}

export class LiveDevice implements Device {
  readonly #parts: DeviceParts;
  #housekeeping: Cancel | undefined;
  #closing: Promise<void> | undefined;
  readonly #closed = new AbortController();

  constructor(parts: DeviceParts) {
    this.#parts = parts;
  }

  /** Opens chats and invites, and connects. */
  async start(): Promise<void> {
    const { context, chats, invites, errands } = this.#parts;
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
    return this.#parts.chats.all;
  }

  chat(n: number): LiveChat | undefined {
    return this.#parts.chats.get(n);
  }

  get invites(): readonly Invite[] {
    return this.#parts.invites.all.filter(({ record }) => record.published).map(({ shown }) => shown);
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
    const own = { name: this.name, mailbox, relay: this.relay, text: first };
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

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { context, chats, invites, errands, links } = this.#parts;
    this.#closed.abort(new ClientError('CLOSED', 'the device was closed'));
    this.#housekeeping?.();
    await Promise.race([chats.flush(), this.#after(FLUSH_MS)]);
    await context.transfers.stop();
    await Promise.all([chats.stop(), invites.stop(), errands.stop()]);
    await context.deadlines.stop().catch(() => {});
    await links.close();
    // A full disk does not keep the store from being closed; what was told is told again then.
    await context.journal.flush().catch(() => {});
    await context.vault.close();
    context.identity.wipe();
  }

  async #keepHouse(): Promise<void> {
    const { context, chats, invites } = this.#parts;
    this.#housekeeping = context.effects.clock.after(HOUSEKEEPING_MS, () => {
      this.#keepHouse().catch((error: unknown) => {
        if (this.#closing === undefined) {
          context.journal.tell({ type: 'error', code: 'STORE_FAILED', message: String((error as Error).message) });
        }
      });
    });
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

  #requireOpen(): void {
    if (this.#closing !== undefined) {
      throw new ClientError('CLOSED', 'the device was closed');
    }
  }
}
