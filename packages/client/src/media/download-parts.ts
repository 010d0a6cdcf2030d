/**
 * What a download is made of, and whom it tells.
 *
 * @module
 */

import type { FileDescriptor } from '@secret-chat/crypto';
import type { StoredBlob } from './blob-store.ts';
import type { FileProgress } from './file.ts';

/** What comes down. */
export interface DownloadParts {
  readonly file: FileDescriptor;
  /** Of this chat or the user, so that it may be in a private network. */
  readonly isChosen: boolean;
  /** Closed by the download. */
  readonly blob: StoredBlob;
  readonly done: Uint8Array;
  /** All of it, or only what is read. */
  readonly isWhole: boolean;
}

/** What a download tells whoever keeps its record; only {@link DownloadHooks.complete} may reject. */
export interface DownloadHooks {
  save(): Promise<void>;
  /** Every piece is here, and the whole authenticated. If it rejects, the download fails, and this is told again later. */
  complete(): Promise<void>;
  /** The relay does not have these pieces. */
  missing(indexes: readonly number[]): Promise<void>;
  /** What was missing comes after all. */
  found(): Promise<void>;
  damaged(): Promise<void>;
  /** It cannot go on, or not now. */
  failed(error: unknown): Promise<void>;
  progress(progress: FileProgress): void;
}
