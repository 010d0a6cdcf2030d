/**
 * Files of this machine that users name: sent from, and saved to.
 *
 * @module
 */

import type { Chat, SizedSource } from '@secret-chat/client';

/** A file that is open to be sent; whoever it is given to closes it. */
export interface LocalSource extends SizedSource {
  /** Without its folders. */
  readonly name: string;
  close(): Promise<void>;
}

export interface LocalFiles {
  /** @throws `ClientError` `FILE_UNREADABLE` */
  open(path: string): Promise<LocalSource>;
  /**
   * Saves the file of a message, and resolves with where it is.
   *
   * @param path a folder, or a file that is not there yet
   * @throws `ClientError` `FILE_EXISTS`, `FILE_NOT_SAVED`, and what fetching throws
   */
  save(chat: Chat, n: number, path: string): Promise<string>;
  /**
   * Writes a new file that only its owner can read, and resolves with where it is.
   *
   * @throws `ClientError` `FILE_EXISTS`, `FILE_NOT_SAVED`
   */
  write(path: string, text: string): Promise<string>;
}
