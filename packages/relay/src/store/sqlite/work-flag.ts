/**
 * Lets a process that exits at once wait until the thread of the store is between two groups: a thread that is stopped
 * inside a native call of `@photostructure/sqlite` takes the process down with an abort, instead of its exit code.
 *
 * @module
 */

/** Indexes into the shared numbers. */
const WORKING = 0;
const STOP = 1;

/** Milliseconds that an exit waits at most: for a group and a checkpoint on a slow disk. */
const PATIENCE = 3000;

export class WorkFlag {
  /** To be passed to the other thread, for its own flag. */
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#numbers = new Int32Array(shared);
  }

  /** In the thread: runs `work`, unless it was told to stop. */
  during(work: () => void): void {
    // Said before asking, as `stop` says before asking: one of both sees the other.
    Atomics.store(this.#numbers, WORKING, 1);
    try {
      if (Atomics.load(this.#numbers, STOP) === 0) {
        work();
      }
    } finally {
      Atomics.store(this.#numbers, WORKING, 0);
      Atomics.notify(this.#numbers, WORKING);
    }
  }

  /** In the process: no work begins after this, and none is under way. Blocks. */
  stop(): void {
    Atomics.store(this.#numbers, STOP, 1);
    Atomics.wait(this.#numbers, WORKING, 1, PATIENCE);
  }
}
