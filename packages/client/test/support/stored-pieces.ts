/** Pieces that go straight to the store of a relay, under its rules for what may be put and how long it stays. */

import type { IncomingMessage } from 'node:http';
import { sha256 } from '../../../relay/src/server/hash.ts';
import { parseUpload } from '../../../relay/src/server/piece-request.ts';
import { type Services, seconds } from '../../../relay/src/server/services.ts';
import type { PieceTransport } from '../../src/index.ts';
import { refusalOf, uploadHeaders } from '../../src/link/piece-answer.ts';

export function storedPieces({ store, effects }: Services): PieceTransport {
  const now = () => seconds(effects);
  return {
    async put({ id }, upload) {
      const headers = { ...uploadHeaders(upload), 'content-length': String(upload.bytes.length) };
      const item = parseUpload({ headers } as unknown as IncomingMessage, now());
      if ('status' in item) {
        throw refusalOf({ status: item.status, code: item.code, retryAfter: undefined });
      }
      const put = await store.putPiece({ piece: sha256(id), ...item }, once(upload.bytes.slice()), now());
      if (put === 'relay-full') {
        throw refused('RELAY_FULL', 507);
      }
      return put === 'stored' ? 'stored' : 'there';
    },
    async get({ id }, length) {
      const found = await store.getPiece(sha256(id), now());
      if (found === undefined || found.size !== length) {
        throw refused('GONE', 404);
      }
      const blocks: Uint8Array[] = [];
      for await (const block of found.read(0, length)) {
        blocks.push(block);
      }
      return new Uint8Array(Buffer.concat(blocks));
    },
    async head({ id }) {
      const found = await store.getPiece(sha256(id), now());
      if (found === undefined) {
        throw refused('GONE', 404);
      }
      return found.size;
    },
    async remove({ id }, deleteToken) {
      const removed = await store.removePiece(sha256(id), sha256(deleteToken));
      if (removed !== 'removed') {
        throw removed === 'gone' ? refused('GONE', 404) : refused('BAD_PROOF', 403);
      }
    },
    close() {},
  };
}

function refused(code: string, status: number): Error {
  return refusalOf({ status, code, retryAfter: undefined });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
