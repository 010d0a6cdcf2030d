/**
 * Changes that are asked for while another one is under way are made together: one commit, and one sync of the disk, for
 * all of them.
 *
 * @module
 */

import { ClientError } from '../errors.ts';
import type { ChatChange, ChatSession } from './chat-session.ts';

/** Of one commit: what was asked for first shall not wait for ever. */
const MAX_TOGETHER = 64;

interface Asked {
  /** Makes the change on the draft; returns what resolves the caller once it is committed. */
  readonly work: (change: ChatChange) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
}

export class GatheredChanges {
  readonly #session: ChatSession;
  readonly #finish: (change: ChatChange) => Promise<void>;
  #asked: Asked[] = [];
  #isWorking = false;

  /** @param finish what each commit does once at its end */
  constructor(session: ChatSession, finish: (change: ChatChange) => Promise<void>) {
    this.#session = session;
    this.#finish = finish;
  }

  /**
   * As `ChatSession.change`, but in one change with others.
   *
   * @param work must not have touched the draft when it throws: the draft is committed for the others
   */
  add<T>(work: (change: ChatChange) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#asked.push({
        work: async (change) => {
          const result = await work(change);
          return () => resolve(result);
        },
        reject,
      });
      if (!this.#isWorking) {
        this.#isWorking = true;
        void this.#workOff();
      }
    });
  }

  async #workOff(): Promise<void> {
    while (this.#asked.length > 0) {
      let taken: Asked[] = [];
      const committed: (() => void)[] = [];
      try {
        await this.#session.change(async (change) => {
          // Only now: more of them may have come while others held the chat.
          taken = this.#asked.splice(0, MAX_TOGETHER);
          for (const { work, reject } of taken) {
            await work(change).then((resolve) => committed.push(resolve), reject);
          }
          await this.#finish(change);
        });
        for (const resolve of committed) {
          resolve();
        }
      } catch (error) {
        // Without a change (the chat is over) none can be made.
        const failed = taken.length > 0 ? taken : this.#asked.splice(0);
        for (const { reject } of failed) {
          // An error for each: who catches one may add to it.
          reject(error instanceof ClientError ? new ClientError(error.code, error.message, { cause: error }) : error);
        }
      }
    }
    this.#isWorking = false;
  }
}
