/**
 * The link to one relay: a connection that is made, kept and made again as long as someone holds it.
 *
 * Spec: docs/protocol/relay.md, docs/protocol/delivery.md §2.
 *
 * @module
 */

import type { Ed25519KeyPair } from '@secret-chat/crypto';
import type { ExportedItem } from '@secret-chat/wire';
import type { Cancel } from '../effects.ts';

/** How a link stands. */
export type LinkState =
  /** Nobody holds it. */
  | { readonly state: 'idle' }
  | { readonly state: 'connecting' }
  | { readonly state: 'online' }
  /** The last try failed; the next one is at `retryAtMs` (monotonic). */
  | { readonly state: 'waiting'; readonly retryAtMs: number; readonly reason: string };

/** A mailbox of one's own: its address is made of the owner's public key and a random part (relay §4.1). */
export interface OwnMailbox {
  readonly owner: Ed25519KeyPair;
  /** 32 bytes. */
  readonly random: Uint8Array;
  /** 32 bytes: `mailboxAddress(owner, random)`. */
  readonly address: Uint8Array;
  readonly idleWeeks: number;
}

/** A card of one's own (relay §5). */
export interface OwnCard {
  readonly owner: Ed25519KeyPair;
  readonly inviteId: Uint8Array;
}

/** What a watched mailbox tells; calls come one after another, never from inside a call to the link. */
export interface MailboxEvents {
  /** Opened and subscribed on a new connection; what it holds comes now. */
  subscribed(): void;
  /** 4096 or 16,384 bytes. It comes again, on a later connection, until it is acknowledged. */
  envelope(envelope: Uint8Array): void;
  /** Everything that it held when it was asked was sent. `askedAtMs` is monotonic: when it was asked. */
  drained(askedAtMs: number): void;
  /** Someone else subscribed to it. The link does not subscribe again by itself. */
  displaced(): void;
  /** The relay refuses the mailbox (full, private, rate limit); the link tries again later by itself. */
  refused(error: Error): void;
  /** The connection ended. */
  offline(): void;
}

/** A mailbox that is watched, on this and every later connection. */
export interface Watch {
  /** Names an envelope that was committed by its SHA-256; sent at once, or forgotten if offline (it comes again). */
  acknowledge(hash: Uint8Array): void;
  /** From now on it asks the relay to keep the mailbox so long when it is not used: at once, if it is subscribed. */
  renew(idleWeeks: number): void;
  /** Stops watching; the mailbox stays. */
  stop(): void;
}

/**
 * Calls wait until the link is online if `wait` is set in {@link CallOptions}, and otherwise reject at once with
 * `RELAY_UNREACHABLE`. Whatever was under way when a connection ends rejects with `RELAY_UNREACHABLE`: it may have been done.
 *
 * @throws `ClientError` `RELAY_UNREACHABLE`, `RELAY_REFUSED` (with `relayCode`), `RELAY_MISBEHAVED`, `ABORTED`, `CLOSED`
 */
export interface RelayLink {
  /** Canonical origin. */
  readonly origin: string;
  readonly state: LinkState;
  /** Told of every change of {@link RelayLink.state}. */
  onState(listener: (state: LinkState) => void): Cancel;
  /** Keeps the link connected until it is cancelled; it lingers some seconds after the last one. */
  hold(): Cancel;
  /** Ends waiting for the next try. */
  retryNow(): void;
  watch(mailbox: OwnMailbox, events: MailboxEvents): Watch;
  /** Resolves once the envelope is durable at the relay. Puts to one address take effect in the order of the calls. */
  put(address: Uint8Array, envelope: Uint8Array, ttlHours: number, options?: CallOptions): Promise<void>;
  closeMailbox(mailbox: OwnMailbox, options?: CallOptions): Promise<void>;
  /** Resolves with how many prekeys the pool has; more than fit one frame are sent in several. */
  putCard(
    card: OwnCard,
    sealed: Uint8Array,
    prekeys: readonly Uint8Array[],
    idleWeeks: number,
    options?: CallOptions,
  ): Promise<number>;
  addPrekeys(card: OwnCard, prekeys: readonly Uint8Array[], options?: CallOptions): Promise<number>;
  removeCard(card: OwnCard, options?: CallOptions): Promise<void>;
  getCard(locator: Uint8Array, options?: CallOptions): Promise<Uint8Array>;
  /** `undefined` when the pool is empty. */
  takePrekey(locator: Uint8Array, options?: CallOptions): Promise<Uint8Array | undefined>;
  exportMailbox(mailbox: OwnMailbox, options?: CallOptions): Promise<readonly ExportedItem[]>;
  exportCard(card: OwnCard, options?: CallOptions): Promise<readonly ExportedItem[]>;
}

export interface CallOptions {
  /** Wait for a connection (and hold the link meanwhile) instead of rejecting at once. */
  readonly wait?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** All links of a device, one for each relay. */
export interface RelayLinks {
  /** @param origin in canonical form */
  get(origin: string): RelayLink;
  /** Ends every connection, after what was handed to it was sent; later calls reject with `CLOSED`. */
  close(): Promise<void>;
}
