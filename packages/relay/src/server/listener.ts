/**
 * The port: HTTP for pieces, and WebSocket upgrades.
 *
 * Spec: docs/protocol/relay.md §1 and §7.
 *
 * @module
 */

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_SIZE, SUBPROTOCOL } from '@secret-chat/wire';
import { WebSocketServer } from 'ws';
import { RelayStartError } from '../errors.ts';
import { isLoopbackHost, networkOf, type TrustedProxies } from './network.ts';
import type { Pieces } from './pieces.ts';
import { Pipelines } from './pipelines.ts';
import type { Services } from './services.ts';
import type { Sockets } from './sockets.ts';

/** Large enough for every header of the protocol and those that browsers and proxies add. */
const MAX_HEADER_SIZE = 16_384;
const MAX_HEADERS = 64;

/** Of one message (§1.3): each costs time and memory of its own, however few bytes it brings. */
const MAX_FRAGMENTS = 128;
/** In which the bytes of one message may arrive: a frame in parts of 32 bytes. */
const MAX_CHUNKS = 2_048;

/** Headers of answers that are not about pieces (§7.4). */
const EMPTY = { 'cache-control': 'no-store', connection: 'close', 'content-length': '0' } as const;

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Values of `Origin` that are let in; any when there is no list (§1.2). */
  readonly allowedOrigins: ReadonlySet<string> | undefined;
  readonly proxies: TrustedProxies;
}

export class Listener {
  readonly #services: Services;
  readonly #options: ListenerOptions;
  readonly #pieces: Pieces;
  readonly #sockets: Sockets;
  readonly #pipelines = new Pipelines();
  readonly #server: http.Server;
  readonly #webSockets: WebSocketServer;

  /** @throws {@link RelayStartError} `INVALID_OPTION` for a certificate or key that cannot be used */
  constructor(services: Services, options: ListenerOptions, pieces: Pieces, sockets: Sockets) {
    this.#services = services;
    this.#options = options;
    this.#pieces = pieces;
    this.#sockets = sockets;
    this.#server = createServer(services, options);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_SIZE,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_CHUNKS,
      // Text closes the connection whatever it says.
      skipUTF8Validation: true,
      handleProtocols: () => SUBPROTOCOL,
    });
    // A full network is turned away before anything is parsed.
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#server.on('request', serve);
    this.#server.on('checkContinue', serve);
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    // Errors of a client's TLS or HTTP end that client's connection and are nobody else's concern.
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** @throws {@link RelayStartError} `ADDRESS_IN_USE` or `CANNOT_LISTEN` */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port }, resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no new connection; idle ones of HTTP end. */
  stop(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Ends whatever is left. */
  destroy(): void {
    this.#server.closeAllConnections();
  }

  #admit(socket: Socket): void {
    const peer = socket.remoteAddress ?? '';
    if (!this.#options.proxies.isTrusted(peer) && !this.#sockets.enter(networkOf(peer), socket)) {
      socket.destroy();
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#pipelines.enter(request.socket, response)) {
      return;
    }
    if (!this.#isAllowedOrigin(request)) {
      response.writeHead(403, EMPTY).end();
      return;
    }
    if (request.url === '/') {
      response.writeHead(426, { ...EMPTY, upgrade: 'websocket' }).end();
      return;
    }
    await this.#pieces.handle(request, response, this.#network(request));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const status = this.#upgradeStatus(request);
    if (status !== 101) {
      rejectUpgrade(socket, status);
      return;
    }
    const network = this.#network(request);
    const isProxied = this.#options.proxies.isTrusted(request.socket.remoteAddress ?? '');
    if (isProxied && !this.#sockets.enter(network, socket)) {
      rejectUpgrade(socket, 429);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#sockets.connected(webSocket, socket, network);
    });
  }

  /** §1.2 */
  #upgradeStatus(request: IncomingMessage): number {
    if (request.url !== '/') {
      return 404;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(SUBPROTOCOL)) {
      return 400;
    }
    if (!this.#isAllowedOrigin(request)) {
      return 403;
    }
    if (this.#sockets.isStopping) {
      return 503;
    }
    return this.#services.totals.connections >= this.#services.limits.connections ? 503 : 101;
  }

  /** Programs that are no browser send no `Origin`, and could send any. */
  #isAllowedOrigin({ headers }: IncomingMessage): boolean {
    const { allowedOrigins } = this.#options;
    return allowedOrigins === undefined || headers.origin === undefined || allowedOrigins.has(headers.origin);
  }

  #network({ socket, headers }: IncomingMessage): string {
    const forwarded = headers['x-forwarded-for'];
    const list = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    return networkOf(this.#options.proxies.clientAddress(socket.remoteAddress ?? '', list));
  }
}

/** §1.1: without TLS only where nobody else can listen in, unless it is allowed explicitly. */
export function requireSafeAddress(host: string, hasTls: boolean, allowInsecure: boolean): void {
  if (!hasTls && !allowInsecure && !isLoopbackHost(host)) {
    throw new RelayStartError(
      'INSECURE',
      `${host} can be reached by others: give a TLS certificate and key, or allow it explicitly behind a proxy that has them`,
    );
  }
}

function createServer({ limits }: Services, { tls }: ListenerOptions): http.Server {
  const options = {
    maxHeaderSize: MAX_HEADER_SIZE,
    headersTimeout: limits.headerSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    keepAliveTimeout: limits.headerSeconds * 1000,
    connectionsCheckingInterval: Math.min(5_000, (limits.headerSeconds * 1000) / 2),
    noDelay: true,
  };
  let server: http.Server;
  try {
    server =
      tls === undefined
        ? http.createServer(options)
        : https.createServer({ ...options, ...tls, handshakeTimeout: limits.headerSeconds * 1000 });
  } catch {
    throw new RelayStartError('INVALID_OPTION', 'the TLS certificate and key cannot be used');
  }
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = limits.connections;
  // Without an event listener, sockets that are idle for so long are destroyed.
  server.setTimeout(limits.idleSeconds * 1000);
  return server;
}

function rejectUpgrade(socket: Duplex, status: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    socket.destroy(),
  );
}

function listenError({ code }: NodeJS.ErrnoException, host: string, port: number): RelayStartError {
  return code === 'EADDRINUSE'
    ? new RelayStartError('ADDRESS_IN_USE', `another program listens on ${host} port ${port}`)
    : new RelayStartError('CANNOT_LISTEN', `cannot listen on ${host} port ${port}: ${code}`);
}
