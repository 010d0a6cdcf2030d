/**
 * Pieces over HTTP: streamed in both directions, with bounded memory.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  DELETE_HASH_HEADER,
  DELETE_TOKEN_HEADER,
  ERROR_HEADER,
  fromHex,
  parsePiecePath,
  TTL_HEADER,
} from '@secret-chat/wire';
import { StoreError } from '../store/relay-store.ts';
import { sha256 } from './hash.ts';
import { NetworkCounts } from './network-counts.ts';
import { isGone, receiveBody, sendBody, writePieceHeaders } from './piece-body.ts';
import {
  type ByteRange,
  bearerToken,
  type PieceRefusal,
  parseRange,
  parseUpload,
  refusal,
  single,
} from './piece-request.ts';
import { type Services, seconds } from './services.ts';

const METHODS = 'GET, HEAD, PUT, DELETE, OPTIONS';

/** §7.4 */
const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': `content-range, retry-after, ${ERROR_HEADER}`,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};
const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': `authorization, content-type, range, ${DELETE_HASH_HEADER}, ${DELETE_TOKEN_HEADER}, ${TTL_HEADER}`,
  'access-control-max-age': '86400',
};

/** Tried again after this, when too many pieces are under way. */
const BUSY_RETRY_MS = 1_000;

/** A request for a piece, its path already known to be one. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** SHA-256 of the piece id. */
  readonly piece: Uint8Array;
  readonly network: string;
}

export class Pieces {
  readonly #services: Services;
  readonly #counts = new NetworkCounts();
  #inFlight = 0;
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse, network: string): Promise<void> {
    await itsTurn(response);
    for (const [name, value] of Object.entries(COMMON_HEADERS)) {
      response.setHeader(name, value);
    }
    const url = request.url ?? '';
    const id = parsePiecePath(url);
    if (id === undefined) {
      this.#refuse(request, response, url.startsWith('/piece/') ? refusal(400, 'MALFORMED') : refusal(404, 'GONE'));
      return;
    }
    if (this.#isStopping || this.#inFlight >= this.#services.limits.piecesInFlight) {
      this.#refuse(request, response, { status: 503, code: 'UNAVAILABLE', retryAfterMs: BUSY_RETRY_MS });
      return;
    }
    if (!this.#counts.enter(network, this.#services.limits.piecesInFlightPerNetwork)) {
      this.#refuse(request, response, { status: 429, code: 'RATE_LIMITED', retryAfterMs: BUSY_RETRY_MS });
      return;
    }
    this.#inFlight++;
    try {
      const refused = await this.#perform({ request, response, piece: sha256(id), network });
      if (refused !== undefined) {
        this.#refuse(request, response, refused);
      }
    } catch (error) {
      this.#fail(request, response, error);
    } finally {
      this.#counts.leave(network);
      this.#inFlight--;
      if (this.#inFlight === 0) {
        this.#idle?.();
      }
    }
  }

  /** Refuses what comes from now on; resolves when what is under way is done. */
  stop(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      if (this.#inFlight === 0) {
        resolve();
      } else {
        this.#idle = resolve;
      }
    });
  }

  async #perform(exchange: Exchange): Promise<PieceRefusal | undefined> {
    switch (exchange.request.method) {
      case 'PUT':
        return this.#put(exchange);
      case 'GET':
        return this.#get(exchange);
      case 'HEAD':
        return this.#head(exchange);
      case 'DELETE':
        return this.#delete(exchange);
      case 'OPTIONS':
        exchange.response.writeHead(204, PREFLIGHT_HEADERS).end();
        return undefined;
      default:
        exchange.response.setHeader('allow', METHODS);
        return refusal(405, 'MALFORMED');
    }
  }

  async #put(exchange: Exchange): Promise<PieceRefusal | undefined> {
    const { request, response, piece, network } = exchange;
    const { store, effects, rates } = this.#services;
    const refused = this.#checkToken(exchange);
    if (refused !== undefined) {
      return refused;
    }
    const now = seconds(effects);
    const upload = parseUpload(request, now);
    if ('status' in upload) {
      return upload;
    }
    const wait = rates.pieceBytes.take(network, effects.monotonic(), upload.size);
    if (wait > 0) {
      return { status: 429, code: 'RATE_LIMITED', retryAfterMs: wait };
    }
    let result: Awaited<ReturnType<typeof store.putPiece>> | undefined;
    try {
      result = await store.putPiece({ piece, ...upload }, receiveBody(request, response, upload), now);
    } finally {
      if (result !== 'stored') {
        rates.pieceBytes.give(network, upload.size);
      }
    }
    if (result === 'relay-full') {
      return refusal(507, 'RELAY_FULL');
    }
    if (result === 'stored') {
      this.#services.totals.piecesStored++;
    }
    // §7.2: the body of a duplicate was perhaps not read; and never sent, if the client still waits to be asked for it.
    if (!request.complete && request.headers.expect !== undefined) {
      response.setHeader('connection', 'close');
    }
    request.resume();
    response.writeHead(result === 'stored' ? 201 : 200, { 'content-length': '0' }).end();
    return undefined;
  }

  async #get({ request, response, piece }: Exchange): Promise<PieceRefusal | undefined> {
    const found = await this.#services.store.getPiece(piece, seconds(this.#services.effects));
    if (found === undefined) {
      return refusal(404, 'GONE');
    }
    const { size } = found;
    const range = parseRange(request.headers.range, size);
    if (range !== undefined && 'status' in range) {
      response.setHeader('content-range', `bytes */${size}`);
      return range;
    }
    const { first, last }: ByteRange = range ?? { first: 0, last: size - 1 };
    response.statusCode = range === undefined ? 200 : 206;
    if (range !== undefined) {
      response.setHeader('content-range', `bytes ${first}-${last}/${size}`);
    }
    writePieceHeaders(response, last - first + 1);
    // As long as an upload may take: who reads a byte now and then must not keep others waiting for ever.
    const { effects, limits } = this.#services;
    const cancel = effects.after(limits.requestSeconds * 1000, () => response.destroy());
    try {
      await sendBody(response, found, first, last - first + 1);
    } finally {
      cancel();
    }
    this.#services.totals.piecesRead++;
    return undefined;
  }

  async #head({ response, piece }: Exchange): Promise<PieceRefusal | undefined> {
    const found = await this.#services.store.getPiece(piece, seconds(this.#services.effects));
    if (found === undefined) {
      return refusal(404, 'GONE');
    }
    writePieceHeaders(response, found.size);
    response.end();
    return undefined;
  }

  async #delete({ request, response, piece }: Exchange): Promise<PieceRefusal | undefined> {
    const token = fromHex(single(request.headers[DELETE_TOKEN_HEADER]) ?? '');
    if (token === undefined) {
      return refusal(400, 'MALFORMED');
    }
    switch (await this.#services.store.removePiece(piece, sha256(token))) {
      case 'gone':
        return refusal(404, 'GONE');
      case 'wrong-token':
        return refusal(403, 'BAD_PROOF');
      case 'removed':
        response.writeHead(204).end();
        return undefined;
    }
  }

  /** §3.6 */
  #checkToken({ request, network }: Exchange): PieceRefusal | undefined {
    const { token, rates, effects } = this.#services;
    if (token === undefined) {
      return undefined;
    }
    const shown = bearerToken(request);
    if (shown === undefined) {
      return refusal(401, 'TOKEN_REQUIRED');
    }
    const wait = rates.wrongTokens.peek(network, effects.monotonic());
    if (wait > 0) {
      return { status: 429, code: 'RATE_LIMITED', retryAfterMs: wait };
    }
    if (!token.equals(shown)) {
      rates.wrongTokens.take(network, effects.monotonic());
      return refusal(401, 'WRONG_TOKEN');
    }
    return undefined;
  }

  #fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    // Not whether the request is destroyed: one that was read, to its end or not, is.
    if (response.headersSent || isGone(response)) {
      // Cut short: the client sees that bytes are missing.
      response.destroy();
      return;
    }
    this.#services.totals.failures++;
    const code = error instanceof StoreError && error.code === 'SIZE_MISMATCH' ? 'MALFORMED' : 'UNAVAILABLE';
    this.#refuse(request, response, refusal(code === 'MALFORMED' ? 400 : 503, code));
  }

  #refuse(request: IncomingMessage, response: ServerResponse, { status, code, retryAfterMs }: PieceRefusal): void {
    this.#services.totals.refusal(code);
    if (retryAfterMs !== undefined) {
      response.setHeader('retry-after', String(Math.ceil(retryAfterMs / 1000)));
    }
    if (status === 401) {
      response.setHeader('www-authenticate', 'Bearer');
    }
    const unread = !request.complete;
    if (unread) {
      // The rest of a refused upload is not waited for: the connection ends with the answer.
      response.setHeader('connection', 'close');
    }
    response.writeHead(status, { [ERROR_HEADER]: code, 'content-length': '0' }).end();
    if (unread) {
      request.resume();
    }
  }
}

/**
 * Resolves when the answers to earlier requests of this connection are sent. Node makes an answer whose turn has not
 * come no part of the connection: it never hears that the client is gone. One that waits here is just forgotten then.
 */
async function itsTurn(response: ServerResponse): Promise<void> {
  if (response.socket === null) {
    await new Promise<void>((resolve) => response.once('socket', () => resolve()));
  }
}
