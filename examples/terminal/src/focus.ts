/**
 * Which chat a text goes to when nobody says: the newest that can be written to, or the one that was chosen.
 *
 * While a text is being written the focus stays, so that no half-written text ends up with somebody else.
 *
 * @module
 */

import type { Chat } from '@secret-chat/client';

export class Focus {
  #chosen: number | undefined;
  #held: number | undefined;

  /** The chat in focus; a request that was not accepted only when it was chosen. */
  of(chats: readonly Chat[]): Chat | undefined {
    return find(chats, this.#chosen) ?? find(chats, this.#held) ?? newest(chats);
  }

  choose(n: number): void {
    this.#chosen = n;
    this.#held = undefined;
  }

  /** A text is being written. */
  hold(chats: readonly Chat[]): void {
    this.#held ??= this.of(chats)?.n;
  }

  /** The text was sent or given up. What became newest meanwhile does not take the place of the chat that was written in. */
  release(chats: readonly Chat[]): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && this.of(chats)?.n !== held) {
      this.#chosen = held;
    }
  }
}

function find(chats: readonly Chat[], n: number | undefined): Chat | undefined {
  return n === undefined ? undefined : chats.find((chat) => chat.n === n);
}

function newest(chats: readonly Chat[]): Chat | undefined {
  const inState = (...states: readonly Chat['state'][]) => chats.filter(({ state }) => states.includes(state)).at(-1);
  return inState('waiting', 'open', 'stale') ?? inState('ended');
}
