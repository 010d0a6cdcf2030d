/**
 * Purges what expired: at start, then every few minutes, in bounded steps; and keeps deleted bytes out of the
 * write-ahead log.
 *
 * Spec: docs/protocol/relay.md §8.3.
 *
 * @module
 */

import type { Cancel } from '../effects.ts';
import { type Services, seconds } from './services.ts';

export class PurgeTimer {
  readonly #services: Services;
  readonly #timers: Cancel[] = [];
  /** Never rejects. */
  #running: Promise<void> | undefined;
  #isStopping = false;
  #isCheckpointing = false;

  constructor(services: Services) {
    this.#services = services;
  }

  /** What expired while the relay was down goes first. */
  async start(): Promise<void> {
    const { effects, limits } = this.#services;
    await this.purge();
    this.#timers.push(effects.every(limits.purgeSeconds * 1000, () => this.#round()));
    this.#timers.push(effects.every(limits.checkpointSeconds * 1000, () => this.#checkpoint()));
  }

  /** Removes everything that has expired by now. One purge runs at a time; one under way may have passed it already. */
  purge(): Promise<void> {
    const run = this.#running === undefined ? this.#purge() : this.#running.then(() => this.#purge());
    const settled = run
      .catch(() => this.#failed())
      .finally(() => {
        if (this.#running === settled) {
          this.#running = undefined;
        }
      });
    this.#running = settled;
    return run;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const cancel of this.#timers) {
      cancel();
    }
    await this.#running;
  }

  async #purge(): Promise<void> {
    const { store, effects, limits, totals, rates } = this.#services;
    rates.sweep(effects.monotonic());
    for (let more = true; more && !this.#isStopping; ) {
      const purged = await store.purge({ now: seconds(effects), maxItems: limits.purgeStep });
      totals.purged += purged.removed;
      more = purged.more;
      // Whatever came in meanwhile goes first.
      await new Promise<void>((resolve) => effects.soon(resolve));
    }
    await store.checkpoint();
  }

  /** One at a time, however slow the disk is. */
  #checkpoint(): void {
    if (!this.#isCheckpointing) {
      this.#isCheckpointing = true;
      const done = () => {
        this.#isCheckpointing = false;
      };
      this.#services.store
        .checkpoint()
        .catch(() => this.#failed())
        .finally(done);
    }
  }

  /** A round that is still under way is enough. */
  #round(): void {
    if (this.#running === undefined) {
      void this.purge().catch(() => undefined);
    }
  }

  /** The next round tries again. */
  #failed(): void {
    this.#services.totals.failures++;
  }
}
