/**
 * Sockets of the package `ws`, for Node.
 *
 * Spec: docs/protocol/relay.md §1.2 and §1.3.
 *
 * @module
 */

import { MAX_FRAME_SIZE } from '@secret-chat/wire';
import WebSocket, { type ClientOptions } from 'ws';
import type { Socket, SocketEvents, Transport } from '../link/transport.ts';

/** For name lookup, TCP, TLS and the upgrade together. */
const HANDSHAKE_MS = 15_000;
/** How long the other side may take to answer the closing; then the socket is destroyed. */
const CLOSE_MS = 2_000;

/** WebSocket close codes (RFC 6455 §7.4.1). */
const CLOSE_NORMAL = 1000;
const CLOSE_UNSUPPORTED = 1003;

/** `closeTimeout` is missing in the types of `ws`. */
const OPTIONS: ClientOptions & { readonly closeTimeout: number } = {
  // §1.2: not negotiated. Envelopes do not compress, and lengths must tell nothing.
  perMessageDeflate: false,
  maxPayload: MAX_FRAME_SIZE,
  handshakeTimeout: HANDSHAKE_MS,
  closeTimeout: CLOSE_MS,
  // A relay is where its origin says.
  followRedirects: false,
};

/** How `ws` says that the upgrade was refused; the status is all that is of interest. */
const REFUSED_UPGRADE = /^Unexpected server response: (\d{3})$/;

export function wsTransport(): Transport {
  return { connect: (origin, subprotocol, events) => new WsSocket(origin, subprotocol, events) };
}

class WsSocket implements Socket {
  readonly #webSocket: WebSocket;
  readonly #events: SocketEvents;
  /** Why it ends, where that is known before it has ended; nothing is told from then on. */
  #ending: string | undefined;

  /** @throws `SyntaxError` for what is no address of a WebSocket */
  constructor(origin: string, subprotocol: string, events: SocketEvents) {
    this.#events = events;
    this.#webSocket = new WebSocket(origin, subprotocol, OPTIONS);
    this.#webSocket.on('open', () => {
      // `ws` has refused any other subprotocol than the one that was offered.
      this.#whileOpen(() => events.open());
    });
    this.#webSocket.on('message', (data: Buffer, isBinary) => this.#whileOpen(() => this.#receive(data, isBinary)));
    this.#webSocket.on('error', (error) => {
      this.#ending ??= reasonOf(error);
    });
    this.#webSocket.on('close', (code) => events.close(this.#ending ?? `the connection ended (${code})`));
  }

  get backlog(): number {
    return this.#webSocket.bufferedAmount;
  }

  send(bytes: Uint8Array): void {
    if (this.#webSocket.readyState === WebSocket.OPEN) {
      // Whether it was written shows in `close`.
      this.#webSocket.send(bytes, () => {});
    }
  }

  close(): void {
    this.#close('closed by this side', CLOSE_NORMAL);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (isBinary) {
      this.#events.message(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else {
      this.#close('the relay sent a text message', CLOSE_UNSUPPORTED);
    }
  }

  #whileOpen(run: () => void): void {
    if (this.#ending === undefined) {
      run();
    }
  }

  #close(reason: string, code: number): void {
    if (this.#ending === undefined) {
      this.#ending = reason;
      this.#webSocket.close(code);
    }
  }
}

/** Messages of errors name addresses of networks; their codes do not. */
function reasonOf(error: NodeJS.ErrnoException): string {
  const status = REFUSED_UPGRADE.exec(error.message)?.[1];
  return status === undefined
    ? `the connection failed (${error.code ?? 'no WebSocket of this protocol'})`
    : `the relay refuses connections (${status})`;
}
