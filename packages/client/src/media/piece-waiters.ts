/**
 * Who waits for a piece to be here.
 *
 * @module
 */

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class PieceWaiters {
  readonly #waiters = new Map<number, Waiter[]>();

  /** Resolves or rejects with the piece. */
  wait(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(index) ?? [];
      waiters.push({ resolve, reject });
      this.#waiters.set(index, waiters);
    });
  }

  arrived(index: number): void {
    for (const { resolve } of this.#take(index)) {
      resolve();
    }
  }

  failed(index: number, error: unknown): void {
    for (const { reject } of this.#take(index)) {
      reject(error);
    }
  }

  allFailed(error: unknown): void {
    for (const index of [...this.#waiters.keys()]) {
      this.failed(index, error);
    }
  }

  #take(index: number): readonly Waiter[] {
    const waiters = this.#waiters.get(index) ?? [];
    this.#waiters.delete(index);
    return waiters;
  }
}
