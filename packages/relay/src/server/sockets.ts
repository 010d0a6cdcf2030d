/**
 * The WebSockets of a relay: counted by network, kept alive by pings, cut when they do not answer.
 *
 * Spec: docs/protocol/relay.md §1.3 and §1.6.
 *
 * @module
 */

import process from 'node:process';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Cancel } from '../effects.ts';
import { CLOSE_GOING_AWAY, CLOSE_TOO_LARGE, CLOSE_UNSUPPORTED, Connection, type Link } from './connection.ts';
import { NetworkCounts } from './network-counts.ts';
import type { Services } from './services.ts';

/** What `ws` says of a message beyond `maxPayload`; it has already answered with close code 1009. */
const TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

/** Bytes held back within a turn: what the network could have taken must not count as a client's backlog. */
const MAX_CORKED = 65_536;

/** How long a client may take to close its side. */
const CLOSE_MS = 2_000;

/** A WebSocket with its connection. One object and few closures: there are thousands of idle ones. */
class Open implements Link {
  readonly connection: Connection;
  /** Something was heard since the last ping. */
  isAlive = true;
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #isCorked = false;

  constructor(services: Services, webSocket: WebSocket, socket: Duplex, network: string) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.connection = new Connection(services, this, network);
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      this.isAlive = true;
      if (isBinary) {
        this.connection.receive(data);
      } else {
        this.connection.refuseMessage(CLOSE_UNSUPPORTED);
      }
    });
    webSocket.on('ping', () => this.connection.receiveControl());
    webSocket.on('pong', () => {
      this.isAlive = true;
      this.connection.receiveControl();
    });
    webSocket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === TOO_LARGE) {
        this.connection.refuseMessage(CLOSE_TOO_LARGE);
      }
    });
  }

  get backlog(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** What is sent in one turn, as the answers to a group of puts are, goes to the network in one call. */
  send(frame: Uint8Array, flushed?: () => void): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#webSocket.send(frame, flushed);
    if (this.#socket.writableLength > MAX_CORKED) {
      this.#uncork();
    }
  }

  close(code: number): void {
    this.#webSocket.close(code);
  }

  cut(): void {
    this.#webSocket.terminate();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  ping(): void {
    this.#webSocket.ping();
  }

  #uncork(): void {
    if (this.#isCorked) {
      this.#isCorked = false;
      this.#socket.uncork();
    }
  }

  /** Resolves when the client is gone. */
  goodbye(): Promise<unknown> {
    this.#webSocket.close(CLOSE_GOING_AWAY);
    return new Promise((resolve) => this.#webSocket.once('close', resolve));
  }
}

export class Sockets {
  readonly #services: Services;
  readonly #open = new Set<Open>();
  readonly #counts = new NetworkCounts();
  readonly #stopHeartbeat: Cancel;
  #isStopping = false;

  constructor(services: Services) {
    this.#services = services;
    const { effects, limits } = services;
    this.#stopHeartbeat = effects.every(limits.heartbeatSeconds * 1000, () => this.#heartbeat());
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Counts a socket until it closes; false if its network has as many as it may. */
  enter(network: string, socket: Duplex): boolean {
    if (!this.#counts.enter(network, this.#services.limits.connectionsPerNetwork)) {
      return false;
    }
    socket.once('close', () => this.#counts.leave(network));
    return true;
  }

  /** @param socket under `webSocket` */
  connected(webSocket: WebSocket, socket: Duplex, network: string): void {
    const open = new Open(this.#services, webSocket, socket, network);
    this.#open.add(open);
    webSocket.on('close', () => {
      this.#open.delete(open);
      open.connection.ended();
    });
  }

  /** Answers what is under way, at most for `ms`; then says goodbye. */
  async stop(ms: number): Promise<void> {
    this.#isStopping = true;
    this.#stopHeartbeat();
    const { effects } = this.#services;
    await within(effects.after, ms, Promise.all([...this.#open].map(({ connection }) => connection.stop())));
    await within(effects.after, CLOSE_MS, Promise.all([...this.#open].map((open) => open.goodbye())));
    for (const open of this.#open) {
      open.cut();
    }
  }

  /** A connection that answered nothing since the last ping is gone, or stuck. */
  #heartbeat(): void {
    for (const open of this.#open) {
      if (!open.isAlive && !open.connection.isPaused) {
        this.#services.totals.connectionsCut++;
        open.cut();
        continue;
      }
      open.isAlive = false;
      open.ping();
    }
  }
}

/** Waits for `work`, at most for `ms`. */
export function within(
  after: (ms: number, run: () => void) => () => void,
  ms: number,
  work: Promise<unknown>,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(ms, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    work.then(done, done);
  });
}
