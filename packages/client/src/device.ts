/**
 * A device, as a program sees it.
 *
 * @module
 */

import type { Aes256GcmProvider, RandomSource, ScryptParameters } from '@secret-chat/crypto';
import type { RelayExport } from './account/relay-export.ts';
import type { Chat } from './chat.ts';
import type { Clock } from './effects.ts';
import type { Listener } from './events.ts';
import type { PieceTransport } from './link/piece-transport.ts';
import type { LinkState } from './link/relay-link.ts';
import type { Transport } from './link/transport.ts';
import type { BlobStore } from './media/blob-store.ts';
import type { PhotoEncoder } from './media/photo.ts';
import type { Store } from './store/store.ts';

/** What opens the store: what the user knows, or 32 random bytes that lie beside it. */
export type DeviceUnlock = { readonly passphrase: string } | { readonly keyFile: Uint8Array };

export type OpenDeviceOptions = DeviceUnlock & {
  /** The device owns it from now on, and closes it. */
  readonly store: Store;
  /** What others are shown; 1 to 63 bytes of UTF-8. Needed for a new device, and changes an existing one's. */
  readonly name?: string;
  /**
   * Where invites and mailboxes of this device are: `wss://host[:port]`; `ws://` on this machine alone (but see below). Needed for a new device;
   * changes what comes later.
   */
  readonly relay?: string;
  /**
   * Lets relays on other machines be used without TLS (`ws://`), such as one in a network of your own: whoever is on the way can then
   * do all that a relay can. Kept with the device from then on. Only you lead it to one, by `relay` or by an invite that you use.
   */
  readonly allowInsecureRelays?: boolean;
  /** Token of a private relay, for that relay alone. */
  readonly relayToken?: string;
  /** When the mailbox of a chat gives way to a new one, each ± a quarter at random; a week or 1,000 envelopes if left out. */
  readonly moveMailboxes?: { readonly afterMs?: number; readonly afterEnvelopes?: number };
  /** The platform's if left out; tests pass their own. */
  readonly clock?: Clock;
  /** Gives so many random bytes; the operating system's if left out. */
  readonly random?: RandomSource;
  /** How relays are dialled; by the global `WebSocket` if left out. Node 20 has none: `nodeTransport()` of the `node` entry. */
  readonly transport?: Transport;
  /**
   * Where the ciphertext of files is kept, of this device alone; in memory if left out, and then lost with the process, also
   * when the store is on disk. On Node: `openBlobFolder(folder)`.
   */
  readonly files?: BlobStore;
  /**
   * How pieces of files travel; by the platform's `fetch` if left out, which cannot tell that a name leads into a private network.
   * On Node: `nodePieceTransport()`, which can.
   */
  readonly pieces?: PieceTransport;
  /**
   * Files of theirs of at most so many bytes are fetched by themselves, from relays that their chat uses; 2 MiB if left out, none
   * at -1.
   */
  readonly autoFetchBytes?: number;
  /** Keeps the ciphertext of files that were sent when the other side has them, so that they can be opened here. */
  readonly keepsSentFiles?: boolean;
  /** What makes photos ready to be sent; without one they go as plain files. */
  readonly photos?: PhotoEncoder | undefined;
  /** What files are encrypted with; the platform's if left out. */
  readonly aes?: Aes256GcmProvider;
  /** Closes the device when {@link Device.touch} was not called for so long; never if left out. */
  readonly lockAfterMs?: number;
  /** For a new store; tests take small ones. */
  readonly scrypt?: ScryptParameters;
  readonly signal?: AbortSignal;
};

/** An invite that others can use. */
export interface Invite {
  /** Counts the invites of a device, from 1. */
  readonly n: number;
  /** `secret-chat:…`: a secret until the invite is over. */
  readonly link: string;
  readonly reusable: boolean;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
  /** True if only this machine can reach the relay. */
  readonly loopback: boolean;
}

export interface InviteOptions {
  /** One-time if left out. */
  readonly reusable?: boolean;
  /** 7 days (one-time) or a year (reusable) if left out. */
  readonly lifeMs?: number;
  readonly signal?: AbortSignal;
}

export interface JoinOptions {
  /** Goes with the request; the first entry of the history. 1132 bytes of UTF-8 always fit, and up to 1398 (content §3.2). */
  readonly text?: string;
  readonly signal?: AbortSignal;
}

/** How far the deletion of an account is. */
export interface DeletionProgress {
  /** Nothing is left, here or at a relay. */
  readonly done: boolean;
  /** Chats and relays that are still to be told. */
  readonly left: number;
}

/** @throws `ClientError` `CLOSED`, `STORE_FAILED`, `RELAY_…` where not said otherwise */
export interface Device {
  readonly name: string;
  /** Canonical origin. */
  readonly relay: string;
  /** `IK`, Ed25519, 32 bytes. */
  readonly identityKey: Uint8Array;
  /** Every chat that is not forgotten, in the order of {@link Chat.n}. */
  readonly chats: readonly Chat[];
  chat(n: number): Chat | undefined;
  /** Invites that can be used. */
  readonly invites: readonly Invite[];
  /** Resolves once the relay has it; until then the link is of no use. */
  createInvite(options?: InviteOptions): Promise<Invite>;
  /** From now on nobody can use it; requests that wait stay. The relay is told as soon as it can be. */
  revokeInvite(n: number): Promise<void>;
  /**
   * Uses an invite; the chat is `waiting` until the other side accepts.
   *
   * @throws `ClientError` `INVITE_…`; `RELAY_…` of the relay that the link names; `TOO_LONG` for the text; `ABORTED`
   */
  join(link: string, options?: JoinOptions): Promise<Chat>;
  /** Events that were committed but told to nobody, at an earlier start too, come to the first listener at once. */
  subscribe(listener: Listener): () => void;
  /** How each relay in use stands. */
  links(): readonly { readonly relay: string; readonly link: LinkState }[];
  /** Does not wait for the next try of any link. */
  retryNow(): void;
  /** How many weeks relays keep what this device does not use: 26, unless {@link Device.setAccountTtl} was called. */
  readonly accountTtlWeeks: number;
  /**
   * Relays are to keep mailboxes and cards of this device for so long from now on, when it does not come back. They are told
   * as soon as they can be, also when that is after the next start, and go by what they were told last.
   *
   * @param weeks 1 to 104
   */
  setAccountTtl(weeks: number): Promise<void>;
  /**
   * A store that is not opened for so long is erased when somebody tries to, before anything of it is shown; `undefined`
   * takes that back.
   *
   * @param ms an hour to ten years
   */
  setStoreTtl(ms: number | undefined): Promise<void>;
  /**
   * After so many wrong passphrases in a row the store is erased; `undefined` takes that back. Who copies the store first
   * can try for ever.
   *
   * @param attempts 3 to 1000
   */
  setMaxAttempts(attempts: number | undefined): Promise<void>;
  /** The user is here: see {@link OpenDeviceOptions.lockAfterMs}. */
  touch(): void;
  /** Everything that relays hold for this device, with words that explain it: a value to be written as JSON. */
  exportRelayData(options?: { readonly signal?: AbortSignal }): Promise<RelayExport>;
  /** The account is being deleted: there are no chats and no invites any more, and all but `close` is refused. */
  readonly deleting: boolean;
  /**
   * Deletes the account, which cannot be undone: everything on this device is destroyed, chats end on the other side, relays
   * delete what they hold. Resolves when everybody was told (`done`: the store is erased, the device closed), or after 20 s
   * with how many were not; that goes on, at the next start too, until it is `deleted`.
   */
  deleteAccount(): Promise<DeletionProgress>;
  /**
   * A new passphrase or key file opens the store from now on; nothing is sealed anew. Who has an older copy of the store opens it
   * with the old one still.
   *
   * @throws `ClientError` `WRONG_PASSPHRASE` when `current` does not open it; `INVALID_ARGUMENT` for an empty passphrase or a key
   * file that is not 32 bytes
   */
  changeUnlock(current: DeviceUnlock, next: DeviceUnlock): Promise<void>;
  /** Puts what waits if the relays can be reached, commits, and closes the store; a second call does nothing. */
  close(): Promise<void>;
}
