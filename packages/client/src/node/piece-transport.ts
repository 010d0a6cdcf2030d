/**
 * Pieces by Node's own HTTP client, which is asked for every address before it is dialled.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import { lookup as resolve } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { DELETE_TOKEN_HEADER, ERROR_HEADER, toHex } from '@secret-chat/wire';
import { ClientError } from '../errors.ts';
import { isPrivateAddress } from '../link/piece-address.ts';
import {
  announcedSize,
  forbidden,
  misbehaved,
  pieceUrl,
  refusalOf,
  unreachable,
  uploadHeaders,
} from '../link/piece-answer.ts';
import type { PieceRequest, PieceTransport } from '../link/piece-transport.ts';

/** Without a byte in either direction. */
const SILENCE_MS = 30_000;
/** For a whole request: as long as a relay takes for one. */
const REQUEST_MS = 300_000;
/** Below what a relay allows: it should not close a connection just as the next request goes out. */
const IDLE_MS = 20_000;
/** As many as pieces are in flight. */
const CONNECTIONS = 4;
/** What a proxy writes under its refusals is read to its end and dropped, so that the connection can be used again. */
const MAX_WORDS = 65_536;
const NOTHING: Uint8Array = new Uint8Array(0);
const FORBIDDEN = 'ERR_PRIVATE_ADDRESS';

export interface PieceTransportOptions {
  /** The system's resolver if left out. */
  readonly lookup?: LookupFunction;
}

interface Answer {
  readonly response: http.IncomingMessage;
  readonly body: Uint8Array;
}

/** Connections to relays that the user chose are kept apart from those to others. */
interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

export function nodePieceTransport({ lookup = resolve as LookupFunction }: PieceTransportOptions = {}): PieceTransport {
  const chosen = newAgents(lookup);
  const others = newAgents(publicOnly(lookup));

  function ask(
    request: PieceRequest,
    method: string,
    headers: Record<string, string>,
    body: Uint8Array | undefined,
    into: Uint8Array,
  ): Promise<Answer> {
    const url = pieceUrl(request);
    const isTls = url.protocol === 'https:';
    const agents = request.isChosen ? chosen : others;
    return exchange(
      (isTls ? https : http).request(url, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-length': String(body.length) },
        agent: isTls ? agents.https : agents.http,
      }),
      { body, into, signal: request.signal },
    );
  }

  return {
    async put(request, upload) {
      const { response } = await ask(request, 'PUT', uploadHeaders(upload), upload.bytes, NOTHING);
      if (response.statusCode !== 200 && response.statusCode !== 201) {
        throw refusal(response);
      }
      return response.statusCode === 201 ? 'stored' : 'there';
    },
    async get(request, length, into) {
      const memory = into?.subarray(0, length) ?? new Uint8Array(length);
      const { response, body } = await ask(request, 'GET', {}, undefined, memory);
      if (response.statusCode !== 200) {
        throw refusal(response);
      }
      if (body.length !== length) {
        throw misbehaved('the relay sent something else than a piece');
      }
      return body;
    },
    async head(request) {
      const { response } = await ask(request, 'HEAD', {}, undefined, NOTHING);
      if (response.statusCode !== 200) {
        throw refusal(response);
      }
      return announcedSize(response.headers['content-length']);
    },
    async remove(request, deleteToken) {
      const headers = { [DELETE_TOKEN_HEADER]: toHex(deleteToken) };
      const { response } = await ask(request, 'DELETE', headers, undefined, NOTHING);
      if (response.statusCode !== 204) {
        throw refusal(response);
      }
    },
    close() {
      for (const agents of [chosen, others]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

/** Sends one request and reads its answer: a body as far as `into` has room, and none with a refusal. */
function exchange(
  request: http.ClientRequest,
  what: { readonly body: Uint8Array | undefined; readonly into: Uint8Array; readonly signal: AbortSignal | undefined },
): Promise<Answer> {
  const { signal } = what;
  return new Promise((resolve, reject) => {
    let isAnswered = false;
    const fail = (error: Error) => {
      finish();
      request.destroy();
      reject(error);
    };
    const onAbort = () => fail(new ClientError('ABORTED', 'a transfer was stopped'));
    const deadline = setTimeout(() => fail(unreachable(undefined)), REQUEST_MS);
    deadline.unref();
    const finish = () => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    request.setTimeout(SILENCE_MS, () => fail(unreachable(undefined)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // A relay that refuses an upload answers before it has read it, and the rest cannot be written.
      if (!isAnswered) {
        fail(error.code === FORBIDDEN ? forbidden() : unreachable(error));
      }
    });
    request.on('response', (response) => {
      isAnswered = true;
      readBody(response, response.statusCode === 200 ? what.into : NOTHING).then(
        (body) => {
          finish();
          resolve({ response, body });
        },
        (error: unknown) => fail(error instanceof ClientError ? error : unreachable(error)),
      );
    });
    if (signal?.aborted) {
      onAbort();
    } else {
      request.end(what.body);
    }
  });
}

async function readBody(response: http.IncomingMessage, into: Uint8Array): Promise<Uint8Array> {
  const { length } = into;
  let filled = 0;
  for await (const block of response as AsyncIterable<Uint8Array>) {
    if (length > 0 && filled + block.length > length) {
      throw misbehaved('the relay sent more than a piece');
    }
    if (length > 0) {
      into.set(block, filled);
    }
    filled += block.length;
    if (length === 0 && filled > MAX_WORDS) {
      throw misbehaved('the relay sent more than an answer');
    }
  }
  return into.subarray(0, filled);
}

function newAgents(lookup: LookupFunction): Agents {
  const options = { keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS, lookup };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

/** Refuses a name if any address of it is private: a name is not tried address by address. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const addresses = found as { readonly address: string; readonly family: number }[];
      if (addresses.length === 0 || addresses.some(({ address }) => isPrivateAddress(address))) {
        callback(Object.assign(new Error('the address is private'), { code: FORBIDDEN }), []);
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
      }
    });
  };
}

function refusal({ statusCode = 0, headers }: http.IncomingMessage): ClientError {
  const code = headers[ERROR_HEADER];
  return refusalOf({
    status: statusCode,
    code: typeof code === 'string' ? code : undefined,
    retryAfter: headers['retry-after'],
  });
}
