/**
 * Files of a user without a disk.
 *
 * @module
 */

import { type Chat, ClientError } from '@secret-chat/client';
import type { LocalFiles, LocalSource } from '../../src/local-files.ts';

export class FakeFiles implements LocalFiles {
  /** By their paths. */
  readonly there: Map<string, Uint8Array> = new Map();
  /** What was saved, and where. */
  readonly saved: (readonly [chat: number, n: number, path: string])[] = [];
  /** How many of those that were opened are not closed. */
  opened = 0;

  async open(path: string): Promise<LocalSource> {
    const bytes = this.there.get(path);
    if (bytes === undefined) {
      throw new ClientError('FILE_UNREADABLE', 'the file cannot be read (ENOENT)');
    }
    this.opened += 1;
    return {
      name: path.split('/').at(-1) ?? '',
      size: bytes.length,
      async *stream() {
        // As of a real file: each block is only lent until the next one.
        const block = new Uint8Array(1);
        for (const byte of bytes) {
          block[0] = byte;
          yield block;
        }
      },
      close: async () => {
        this.opened -= 1;
      },
    };
  }

  async save(chat: Chat, n: number, path: string): Promise<string> {
    if (this.there.has(path)) {
      throw new ClientError('FILE_EXISTS', 'there is something of that name already');
    }
    this.saved.push([chat.n, n, path]);
    return `/home/me/${path}`;
  }

  async write(path: string, text: string): Promise<string> {
    if (this.there.has(path)) {
      throw new ClientError('FILE_EXISTS', 'there is something of that name already');
    }
    this.there.set(path, new TextEncoder().encode(text));
    return `/home/me/${path}`;
  }
}
