/**
 * The relay's own program without network and disk: its connections, operations, limits and purges, in memory, on a clock
 * that only the test moves. Everything happens in microtasks, so that the same seed gives the same run.
 */

import { MAX_PREKEYS_PER_CARD } from '@secret-chat/wire';
import type { Effects } from '../../../relay/src/effects.ts';
import { Connection } from '../../../relay/src/server/connection.ts';
import { resolveLimits, storeLimits } from '../../../relay/src/server/limits.ts';
import { PurgeTimer } from '../../../relay/src/server/purge-timer.ts';
import { createServices, type Services } from '../../../relay/src/server/services.ts';
import { MemoryStore } from '../../../relay/src/store/memory-store.ts';
import type { StoreTotals } from '../../../relay/src/store/relay-store.ts';
import type { Clock } from '../../src/effects.ts';
import type { PieceTransport } from '../../src/index.ts';
import type { NearRelay } from './linked-transport.ts';
import { storedPieces } from './stored-pieces.ts';

/** A year has as many rounds as this takes from it, and nobody waits for them. */
const ROUND_SECONDS = 3_600;

export class UnpluggedRelay {
  readonly #services: Services;
  readonly #purges: PurgeTimer;
  readonly #origins: string[] = [];

  private constructor(clock: Clock, random: (size: number) => Uint8Array) {
    const limits = resolveLimits({ purgeSeconds: ROUND_SECONDS, checkpointSeconds: ROUND_SECONDS });
    const store = new MemoryStore(storeLimits(limits, MAX_PREKEYS_PER_CARD));
    const effects = relayEffects(clock, random);
    this.#services = createServices({ store, limits, effects, origins: this.#origins, token: undefined });
    this.#purges = new PurgeTimer(this.#services);
  }

  static async start(clock: Clock, random: (size: number) => Uint8Array): Promise<UnpluggedRelay> {
    const relay = new UnpluggedRelay(clock, random);
    await relay.#purges.start();
    return relay;
  }

  /** What one network sees of it: rates are limited for each. */
  from(network: string): NearRelay {
    return {
      origins: { add: (origin) => this.#origins.includes(origin) || this.#origins.push(origin) },
      accept: ({ send, close }) => {
        const quick = { backlog: 0, pause: () => {}, resume: () => {} };
        const link = {
          ...quick,
          send: (frame: Uint8Array, flushed?: () => void) => {
            send(frame);
            flushed?.();
          },
          close: () => close(),
          cut: () => close(),
        };
        const connection = new Connection(this.#services, link, network);
        return { receive: (bytes) => connection.receive(bytes), gone: () => connection.ended() };
      },
    };
  }

  /** How pieces get to it. */
  get pieces(): PieceTransport {
    return storedPieces(this.#services);
  }

  /** What the store holds, purged or not. */
  totals(): Promise<StoreTotals> {
    return this.#services.store.totals();
  }

  stop(): Promise<void> {
    return this.#purges.stop();
  }
}

function relayEffects(clock: Clock, random: (size: number) => Uint8Array): Effects {
  return {
    now: () => clock.wallMs(),
    monotonic: () => clock.monotonicMs(),
    random,
    after: (ms, run) => clock.after(ms, run),
    every(ms, run) {
      let cancel = clock.after(ms, function round() {
        cancel = clock.after(ms, round);
        run();
      });
      return () => cancel();
    },
    soon: queueMicrotask,
  };
}
