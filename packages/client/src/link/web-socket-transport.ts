/**
 * Sockets of the platform's own `WebSocket`: browsers, and Node from version 22 on.
 *
 * Spec: docs/protocol/relay.md §1.2 and §1.3.
 *
 * @module
 */

import { MAX_FRAME_SIZE } from '@secret-chat/wire';
import type { Cancel, Clock } from '../effects.ts';
import { systemEffects } from '../platform.ts';
import type { Socket, SocketEvents, Transport } from './transport.ts';

/** How long the other side may take to answer the closing; then the socket counts as closed. */
const CLOSE_MS = 2_000;

/** WebSocket close codes (RFC 6455 §7.4.1). A browser lets a page send no other than the first. */
const CLOSE_NORMAL = 1000;

/** `readyState` of a socket that can send, and of one that is of no use any more. */
const OPEN = 1;
const CLOSED = 3;

/** What is used of the platform's class. */
export interface PlatformWebSocket {
  binaryType: string;
  readonly protocol: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code: number): void;
  addEventListener(type: string, listener: (event: { readonly data?: unknown; readonly code?: number }) => void): void;
}

export interface WebSocketTransportOptions {
  /** The platform's global if left out. */
  readonly webSocket?: new (
    url: string,
    subprotocol: string,
  ) => PlatformWebSocket;
  readonly clock?: Clock;
}

/** @throws `TypeError` at the first connection where the platform has no `WebSocket` */
export function webSocketTransport(options: WebSocketTransportOptions = {}): Transport {
  const { clock = systemEffects.clock } = options;
  return {
    connect(origin, subprotocol, events) {
      const { webSocket: PlatformClass = globalThis.WebSocket as unknown as NonNullable<typeof options.webSocket> } =
        options;
      return new OpenSocket(new PlatformClass(origin, subprotocol), subprotocol, events, clock);
    },
  };
}

class OpenSocket implements Socket {
  readonly #webSocket: PlatformWebSocket;
  readonly #events: SocketEvents;
  readonly #clock: Clock;
  /** Why this side closes; what arrives from then on is not told. */
  #closing: string | undefined;
  #cancelEnd: Cancel | undefined;
  #isClosed = false;

  constructor(webSocket: PlatformWebSocket, subprotocol: string, events: SocketEvents, clock: Clock) {
    this.#webSocket = webSocket;
    this.#events = events;
    this.#clock = clock;
    webSocket.binaryType = 'arraybuffer';
    webSocket.addEventListener('open', () => {
      if (webSocket.protocol === subprotocol) {
        this.#whileOpen(() => events.open());
      } else {
        this.#close('the other side speaks another protocol');
      }
    });
    webSocket.addEventListener('message', ({ data }) => this.#whileOpen(() => this.#receive(data)));
    webSocket.addEventListener('error', () => this.#failed());
    webSocket.addEventListener('close', ({ code }) => this.#closed(`the connection ended (${code})`));
  }

  get backlog(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(bytes: Uint8Array): void {
    if (this.#webSocket.readyState === OPEN && this.#closing === undefined) {
      // Frames are memory of their own, never shared with other threads.
      this.#webSocket.send(bytes as Uint8Array<ArrayBuffer>);
    }
  }

  close(): void {
    this.#close('closed by this side');
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) {
      this.#close('the relay sent a text message');
    } else if (data.byteLength > MAX_FRAME_SIZE) {
      this.#close('the relay sent a message that is too large');
    } else {
      this.#events.message(new Uint8Array(data));
    }
  }

  #whileOpen(run: () => void): void {
    if (this.#closing === undefined && !this.#isClosed) {
      run();
    }
  }

  #close(reason: string): void {
    if (this.#closing === undefined && !this.#isClosed) {
      this.#closing = reason;
      this.#endWithin(this.#webSocket.readyState === CLOSED ? 0 : CLOSE_MS, reason);
      this.#webSocket.close(CLOSE_NORMAL);
    }
  }

  /** A `close` follows at once, but for what a page's Content Security Policy forbids: there Chromium fires none. */
  #failed(): void {
    if (this.#webSocket.readyState === CLOSED && !this.#isClosed) {
      this.#endWithin(0, 'the platform refused the connection');
    }
  }

  #endWithin(ms: number, reason: string): void {
    this.#cancelEnd?.();
    this.#cancelEnd = this.#clock.after(ms, () => this.#closed(reason));
  }

  #closed(reason: string): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#cancelEnd?.();
      this.#events.close(this.#closing ?? reason);
    }
  }
}
