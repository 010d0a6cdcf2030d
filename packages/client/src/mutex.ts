/**
 * One after another: what works on a chat's state never runs twice at the same time.
 *
 * @module
 */

/** Runs jobs in the order of the calls, each after the one before it has ended. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `job` does; a job that fails does not hold up the next. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves once every job so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
