/**
 * A relay, embedded in any program.
 *
 * @module
 */

import { MAX_PREKEYS_PER_CARD } from '@secret-chat/wire';
import { type Effects, systemEffects } from './effects.ts';
import { RelayStartError } from './errors.ts';
import { openStore } from './open-store.ts';
import { originsOf, ownOrigin, requireOrigin } from './origins.ts';
import { type Limits, resolveLimits, storeLimits } from './server/limits.ts';
import { Listener, type ListenerOptions, requireSafeAddress } from './server/listener.ts';
import { Metrics } from './server/metrics.ts';
import { TrustedProxies } from './server/network.ts';
import { Pieces } from './server/pieces.ts';
import { PurgeTimer } from './server/purge-timer.ts';
import { createServices, type Services } from './server/services.ts';
import { Sockets, within } from './server/sockets.ts';
import { Token } from './server/token.ts';
import type { RelayStore, StoreError } from './store/relay-store.ts';

export interface RelayOptions {
  /** Address to listen on; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0, or left out: any free one. */
  readonly port?: number;
  /** Folder of the store. Left out, everything is held in memory and lost when the relay stops. */
  readonly data?: string;
  /** A store of one's own, in place of `data`. The relay closes it. */
  readonly store?: RelayStore;
  /** Certificate and key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Lets the relay listen without TLS where others can reach it: behind a proxy that has TLS. */
  readonly allowInsecure?: boolean;
  /** What clients dial: `wss://host[:port]`. Left out, what `host` and `port` make; on loopback all its names. */
  readonly origins?: readonly string[];
  /** Makes the relay private (docs/protocol/relay.md §3.6). */
  readonly token?: string;
  /** Values of a browser's `Origin` that are let in; left out, any. */
  readonly allowedOrigins?: readonly string[];
  /** Proxies whose `X-Forwarded-For` is believed: `loopback`, addresses, `address/prefix`. */
  readonly trustedProxies?: readonly string[];
  /** Port for metrics on 127.0.0.1; 0 takes any free one; left out, there are none. */
  readonly metricsPort?: number;
  readonly limits?: Partial<Limits>;
  /** Clock, timers and randomness of one's own. */
  readonly effects?: Effects;
}

export interface Relay {
  /** What a client dials: `ws://127.0.0.1:8787`. */
  readonly url: string;
  readonly port: number;
  /** The origins that proofs may be for. */
  readonly origins: readonly string[];
  readonly metricsUrl: string | undefined;
  /** Removes what has expired by now, beside the rounds that the relay makes itself. */
  purge(): Promise<void>;
  /**
   * Resolves, and never rejects, when the store has failed for good (a crash of its thread, no memory): the relay answers
   * `UNAVAILABLE` from then on, and its owner closes it and starts another. Stays pending otherwise.
   */
  readonly failed: Promise<StoreError>;
  /** Answers what is under way, says goodbye to everyone, and closes the store. */
  close(): Promise<void>;
}

const DEFAULT_HOST = '127.0.0.1';
const MAX_PORT = 65_535;

/**
 * Starts a relay and resolves when it listens.
 *
 * @example
 * ```ts
 * const relay = await startRelay({ data: './relay-data', port: 8787 });
 * console.log(relay.url); // ws://127.0.0.1:8787
 * await relay.close();
 * ```
 *
 * @throws {@link RelayStartError}, or a `StoreError` when the folder cannot be used
 */
export async function startRelay(options: RelayOptions = {}): Promise<Relay> {
  const { host = DEFAULT_HOST, effects = systemEffects, origins = [] } = options;
  const limits = resolveLimits(options.limits);
  const token = options.token === undefined ? undefined : new Token(options.token);
  const listening: ListenerOptions = {
    host,
    port: checkPort(options.port ?? 0),
    tls: options.tls,
    allowedOrigins: options.allowedOrigins === undefined ? undefined : new Set(options.allowedOrigins),
    proxies: new TrustedProxies(options.trustedProxies ?? []),
  };
  const hasTls = options.tls !== undefined;
  requireSafeAddress(host, hasTls, options.allowInsecure ?? false);
  requireOrigin(origins, host);
  originsOf(origins, { host, port: listening.port, hasTls });

  const store = options.store ?? (await openStore(options.data, storeLimits(limits, MAX_PREKEYS_PER_CARD)));
  // Filled in when the port is known.
  const reachedBy: string[] = [];
  const services = createServices({ store, limits, effects, origins: reachedBy, token });
  const parts: Part[] = [{ stop: () => closeStore(store) }];
  try {
    const purge = new PurgeTimer(services);
    parts.unshift({ stop: () => purge.stop() });
    const sockets = new Sockets(services);
    const pieces = new Pieces(services);
    parts.unshift({ stop: () => drain(services, sockets, pieces) });
    const listener = new Listener(services, listening, pieces, sockets);
    parts.splice(1, 0, { stop: async () => listener.destroy() });
    await purge.start();
    await listener.listen();
    parts.unshift({ stop: async () => listener.stop() });
    const { port } = listener;
    reachedBy.push(...originsOf(origins, { host, port, hasTls }));
    const metricsUrl = await startMetrics(services, options.metricsPort, parts);
    const url = ownOrigin({ host, port, hasTls });
    let closed: Promise<void> | undefined;
    const close = () => {
      closed ??= stopAll(parts);
      return closed;
    };
    return { url, port, origins: reachedBy, metricsUrl, purge: () => purge.purge(), failed: store.failed, close };
  } catch (error) {
    await stopAll(parts).catch(() => undefined);
    throw error;
  }
}

/** Something to be stopped, in order, when the relay stops. */
interface Part {
  stop(): Promise<void>;
}

/** Every part is stopped, whatever becomes of the others; the first failure is told. */
async function stopAll(parts: readonly Part[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) {
    await part.stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

/** What was deleted leaves the disk before the store is closed (§8.3); a store that cannot does it at its next start. */
async function closeStore(store: RelayStore): Promise<void> {
  await store.checkpoint().catch(() => undefined);
  await store.close();
}

async function drain({ effects, limits }: Services, sockets: Sockets, pieces: Pieces): Promise<void> {
  const ms = limits.drainSeconds * 1000;
  await Promise.all([sockets.stop(ms), within(effects.after, ms, pieces.stop())]);
}

async function startMetrics(services: Services, port: number | undefined, parts: Part[]): Promise<string | undefined> {
  if (port === undefined) {
    return undefined;
  }
  const metrics = new Metrics(services);
  parts.unshift({ stop: async () => metrics.close() });
  return metrics.listen(checkPort(port));
}

function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) {
    throw new RelayStartError('INVALID_OPTION', `a port is a number from 0 to ${MAX_PORT}`);
  }
  return port;
}
