/**
 * Tells listeners later, one after another: never from inside the call that caused it.
 *
 * @module
 */

export class Announcer {
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Runs `tell` after everything announced before it, once the present call has ended. */
  announce(tell: () => void): void {
    this.#waiting.push(tell);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => this.#tellAll());
    }
  }

  #tellAll(): void {
    this.#isScheduled = false;
    const all = this.#waiting;
    this.#waiting = [];
    let told = 0;
    try {
      while (told < all.length) {
        all[told++]?.();
      }
    } finally {
      // A listener that throws is a defect that must show, and no reason to tell the others nothing.
      if (told < all.length) {
        this.#waiting = [...all.slice(told), ...this.#waiting];
        this.#schedule();
      }
    }
  }
}
