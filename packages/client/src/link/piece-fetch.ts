/**
 * Pieces by the platform's own `fetch`.
 *
 * It cannot say which address a name resolves to, so a name that somebody else wrote may lead into a private network;
 * browsers keep pages from reading what answers there. Node's own transport checks every address.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import { DELETE_TOKEN_HEADER, ERROR_HEADER, toHex } from '@secret-chat/wire';
import type { Clock } from '../effects.ts';
import { ClientError } from '../errors.ts';
import { systemEffects } from '../platform.ts';
import { announcedSize, misbehaved, pieceUrl, refusalOf, unreachable, uploadHeaders } from './piece-answer.ts';
import type { PieceRequest, PieceTransport } from './piece-transport.ts';

/** For a whole request: as long as a relay takes for one. */
const REQUEST_MS = 300_000;

export interface FetchPieceOptions {
  /** The platform's global if left out. */
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
}

export function fetchPieceTransport(options: FetchPieceOptions = {}): PieceTransport {
  const { fetch: ask = fetch, clock = systemEffects.clock } = options;

  /** Runs one request, to the end of `use`. */
  async function exchange<T>(
    request: PieceRequest,
    init: RequestInit,
    use: (response: Response) => Promise<T>,
  ): Promise<T> {
    const url = pieceUrl(request);
    const late = new AbortController();
    const cancel = clock.after(REQUEST_MS, () => late.abort());
    const signals = [late.signal, ...(request.signal === undefined ? [] : [request.signal])];
    try {
      const response = await ask(url, {
        ...init,
        signal: AbortSignal.any(signals),
        // A relay is where its origin says; and a request carries nothing but what it asks for.
        redirect: 'error',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
      });
      return await use(response);
    } catch (error) {
      if (request.signal?.aborted) {
        throw new ClientError('ABORTED', 'a transfer was stopped', { cause: error });
      }
      throw error instanceof ClientError ? error : unreachable(error);
    } finally {
      cancel();
    }
  }

  return {
    put: (request, upload) =>
      exchange(
        request,
        { method: 'PUT', body: upload.bytes as BodyInit, headers: uploadHeaders(upload) },
        async (response) => {
          await response.body?.cancel();
          if (response.status !== 200 && response.status !== 201) {
            throw refusal(response);
          }
          return response.status === 201 ? 'stored' : 'there';
        },
      ),
    get: (request, length) =>
      exchange(request, { method: 'GET' }, async (response) => {
        if (response.status !== 200) {
          await response.body?.cancel();
          throw refusal(response);
        }
        return readExactly(response, length);
      }),
    head: (request) =>
      exchange(request, { method: 'HEAD' }, async (response) => {
        await response.body?.cancel();
        if (response.status !== 200) {
          throw refusal(response);
        }
        return announcedSize(response.headers.get('content-length'));
      }),
    remove: (request, deleteToken) =>
      exchange(
        request,
        { method: 'DELETE', headers: { [DELETE_TOKEN_HEADER]: toHex(deleteToken) } },
        async (response) => {
          await response.body?.cancel();
          if (response.status !== 204) {
            throw refusal(response);
          }
        },
      ),
    close() {},
  };
}

/** No more than was asked for is held. */
async function readExactly(response: Response, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let filled = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
    if (filled + next.value.length > length) {
      await reader?.cancel();
      throw misbehaved('the relay sent more than a piece');
    }
    out.set(next.value, filled);
    filled += next.value.length;
  }
  if (filled < length) {
    // The connection may have broken off where nobody announced a length.
    throw misbehaved('the relay sent less than a piece');
  }
  return out;
}

function refusal({ status, headers }: Response): ClientError {
  return refusalOf({ status, code: headers.get(ERROR_HEADER), retryAfter: headers.get('retry-after') });
}
