/**
 * What the user asked for at the start: tried again whenever a relay is reached, as long as none could be.
 *
 * @module
 */

import { isClientError } from '@secret-chat/client';

export class RelayWish {
  readonly #ended: (error: unknown) => void;
  #waiting: (() => Promise<void>) | undefined;
  /** A relay was reached since the latest try began, which may have been given up just before. */
  #wasReached = false;

  /** @param ended told of every try: with what went wrong, or `undefined` */
  constructor(ended: (error: unknown) => void) {
    this.#ended = ended;
  }

  async try(wish: () => Promise<void>): Promise<void> {
    this.#waiting = undefined;
    this.#wasReached = false;
    try {
      await wish();
      this.#ended(undefined);
    } catch (error) {
      if (isClientError(error, 'RELAY_UNREACHABLE')) {
        this.#waiting = wish;
      }
      this.#ended(error);
      if (this.#wasReached) {
        this.relayReached();
      }
    }
  }

  relayReached(): void {
    this.#wasReached = true;
    if (this.#waiting !== undefined) {
      this.try(this.#waiting);
    }
  }
}
