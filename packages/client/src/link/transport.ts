/**
 * Sockets, passed in: a browser's `WebSocket`, `ws` on Node, or a wire of a test.
 *
 * @module
 */

/** What happens on a socket, in this order: `open` at most once, `message` after it, `close` once and last. */
export interface SocketEvents {
  open(): void;
  /** One binary message; a text message closes the socket, and is told as a `close`. */
  message(bytes: Uint8Array): void;
  /** The socket is of no use any more: it failed to open, or ended. `reason` is for people and holds no address of anyone. */
  close(reason: string): void;
}

export interface Socket {
  /** Takes the bytes; nothing is known about their arrival. Harmless after the end. */
  send(bytes: Uint8Array): void;
  /** Bytes that wait to be sent. */
  readonly backlog: number;
  /** Ends the socket; `close` comes (once), also if the other side never answers. */
  close(): void;
}

/** Opens sockets. */
export interface Transport {
  /** @param origin `wss://host[:port]` or `ws://…` */
  connect(origin: string, subprotocol: string, events: SocketEvents): Socket;
}
