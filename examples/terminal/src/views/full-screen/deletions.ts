/**
 * Messages that the other side was asked to destroy and has not said that it did.
 *
 * @module
 */

import type { SessionEvent } from '../../session-event.ts';

export class Deletions {
  readonly #asked: Map<number, Set<number>> = new Map();

  take(event: SessionEvent): void {
    if (event.type === 'ended') {
      this.#asked.delete(event.chat);
    } else if (event.type === 'deletion') {
      const numbers = this.#asked.get(event.chat) ?? new Set();
      for (const n of event.numbers) {
        numbers[event.state === 'asked' ? 'add' : 'delete'](n);
      }
      this.#asked.set(event.chat, numbers);
    }
  }

  /** How many there are since the program was started. */
  waiting(chat: number): number {
    return this.#asked.get(chat)?.size ?? 0;
  }
}
