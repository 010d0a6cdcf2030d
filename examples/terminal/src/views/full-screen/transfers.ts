/**
 * How far the transfers of files are, as long as they last.
 *
 * @module
 */

import type { FileProgress } from '@secret-chat/client';
import type { SessionEvent } from '../../session-event.ts';

const UNDER_WAY: readonly string[] = ['uploading', 'fetching', 'paused'];

export class Transfers {
  readonly #progress: Map<string, FileProgress> = new Map();

  take(event: SessionEvent): void {
    if (event.type === 'progress') {
      this.#progress.set(key(event.chat, event.n), event);
    } else if (event.type === 'destroyed' || (event.type === 'file' && !UNDER_WAY.includes(event.fileState))) {
      this.#progress.delete(key(event.chat, event.n));
    }
  }

  of(chat: number, n: number): FileProgress | undefined {
    return this.#progress.get(key(chat, n));
  }
}

function key(chat: number, n: number): string {
  return `${chat}:${n}`;
}
