/**
 * What the files of a device share.
 *
 * @module
 */

import type { Aes256GcmProvider } from '@secret-chat/crypto';
import type { ChatRecord } from '../chat/chat-record.ts';
import type { Effects } from '../effects.ts';
import type { DeviceEvent } from '../events.ts';
import type { PieceTransport } from '../link/piece-transport.ts';
import type { Vault } from '../vault/vault.ts';
import type { BlobStore } from './blob-store.ts';
import type { PhotoEncoder } from './photo.ts';
import type { PieceErrands } from './piece-errands.ts';
import type { PieceLanes } from './piece-lanes.ts';

export interface MediaContext {
  readonly vault: Vault;
  readonly effects: Effects;
  readonly blobs: BlobStore;
  readonly transport: PieceTransport;
  readonly lanes: PieceLanes;
  readonly errands: PieceErrands;
  readonly aes: Aes256GcmProvider;
  /** Without one photos go as plain files. */
  readonly photos: PhotoEncoder | undefined;
  /** Where files of this device go. */
  readonly relay: string;
  /** Of a private relay, for that one alone. */
  readonly token: { readonly origin: string; readonly token: string } | undefined;
  /** Files of at most so many bytes are fetched without being asked for. */
  readonly autoFetchBytes: number;
  /** The ciphertext of what was sent stays here when the other side has it. */
  readonly keepsSent: boolean;
  /** Aborts when the device is closed. */
  readonly closed: AbortSignal;
  tell(event: DeviceEvent): void;
  /** Contents of that chat wait to be sealed. */
  kick(chat: number): void;
}

/** Whether a chat uses a relay, so that what is there may be asked for without the user's word (content §3.3). */
export function isOfChat(media: MediaContext, { mailboxRelay, routeRelay }: ChatRecord, relay: string): boolean {
  return relay === media.relay || relay === mailboxRelay || relay === routeRelay;
}
