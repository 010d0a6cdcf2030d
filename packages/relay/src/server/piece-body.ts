/**
 * The bytes of a piece on their way in and out, a block at a time.
 *
 * Spec: docs/protocol/relay.md §7.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type StoredPiece, StoreError } from '../store/relay-store.ts';
import type { Upload } from './piece-request.ts';

/** Of an answer with `length` bytes of a piece. */
export function writePieceHeaders(response: ServerResponse, length: number): void {
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('content-type', 'application/octet-stream');
  response.setHeader('content-length', length);
}

/** The body of an upload; a client that waits to be asked for it (`Expect: 100-continue`) is asked now. */
export async function* receiveBody(
  request: IncomingMessage,
  response: ServerResponse,
  { size }: Upload,
): AsyncGenerator<Uint8Array> {
  if (request.headers.expect !== undefined) {
    response.writeContinue();
  }
  let received = 0;
  for await (const block of request) {
    received += (block as Uint8Array).length;
    yield block as Uint8Array;
  }
  if (received !== size) {
    throw new StoreError('SIZE_MISMATCH', 'the upload broke off');
  }
}

/** Reads from the store only as fast as the client takes it. */
export async function sendBody(
  response: ServerResponse,
  piece: StoredPiece,
  offset: number,
  length: number,
): Promise<void> {
  for await (const block of piece.read(offset, length)) {
    if (isGone(response)) {
      return;
    }
    if (!response.write(block)) {
      await drained(response);
    }
  }
  response.end();
}

/** Nobody is left to answer. An answer whose turn comes when the connection has just ended is not told so. */
export function isGone({ destroyed, socket }: ServerResponse): boolean {
  return destroyed || socket === null || socket.destroyed;
}

/** Resolves when the client took what was written, or is gone; leaves no listener behind. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
