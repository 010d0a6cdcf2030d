/**
 * Invites that may be over: a joiner is told so, and not left waiting.
 *
 * Spec: docs/protocol/delivery.md §4.2.
 *
 * @module
 */

import type { LiveChat } from '../chat/live-chat.ts';
import { isClientError } from '../errors.ts';
import type { DeviceContext } from './context.ts';

/** A sealed `accept` may be on its way while the inbox is closed already: so long is waited for it. */
const ACCEPT_WAIT_MS = 30_000;

export class DoubtedInvites {
  readonly #context: DeviceContext;
  readonly #over: (chat: LiveChat) => Promise<void>;
  /** Chats whose invite is being looked for. */
  readonly #looking = new Set<number>();

  /** @param over called for a chat that waits under an invite that is over */
  constructor(context: DeviceContext, over: (chat: LiveChat) => Promise<void>) {
    this.#context = context;
    this.#over = over;
  }

  /** The inbox that the chat's request was put to is not there. */
  look(chat: LiveChat): void {
    if (!this.#looking.has(chat.n)) {
      this.#looking.add(chat.n);
      this.#context.effects.clock.after(ACCEPT_WAIT_MS, () => {
        this.#check(chat)
          .catch(() => {})
          .finally(() => this.#looking.delete(chat.n));
      });
    }
  }

  /** If the card is gone as well, and no `accept` has come, nobody will answer. */
  async #check(chat: LiveChat): Promise<void> {
    const { state, cardLocator, cardRelay } = chat.session.record;
    if (state !== 'waiting' || cardLocator === undefined || cardRelay === undefined) {
      return;
    }
    try {
      await this.#context.links.get(cardRelay).getCard(cardLocator, { wait: true });
    } catch (error) {
      if (isClientError(error) && error.relayCode === 'GONE' && chat.state === 'waiting') {
        await this.#over(chat);
      }
    }
  }
}
