/**
 * Errors of SQLite as the client's.
 *
 * @module
 */

import {
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_ERROR,
  SQLITE_FULL,
  SQLITE_NOTADB,
  SqliteMissingError,
  sqliteCode,
} from '@secret-chat/sqlite';
import { ClientError } from '../../errors.ts';
import { codeOf } from '../new-file.ts';

/** Of an open store. */
export function describedError(error: unknown): ClientError {
  if (error instanceof ClientError) {
    return error;
  }
  if (error instanceof SqliteMissingError) {
    return new ClientError('STORE_FAILED', error.message, { cause: error });
  }
  switch (sqliteCode(error)) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new ClientError('STORE_DAMAGED', 'store.sqlite is damaged, or not a store of this program', {
        cause: error,
      });
    case SQLITE_FULL:
      return new ClientError('STORE_FAILED', 'the disk is full', { cause: error });
    default:
      return new ClientError('STORE_FAILED', `the store failed: ${reasonOf(error)}`, { cause: error });
  }
}

/** Of a store that is being opened. */
export function describedOpenError(error: unknown): ClientError {
  switch (sqliteCode(error)) {
    case SQLITE_BUSY:
      return new ClientError('STORE_IN_USE', 'the store is open already, here or in another process', { cause: error });
    // There is no such table.
    case SQLITE_ERROR:
      return new ClientError('STORE_DAMAGED', 'store.sqlite is not a store of this program', { cause: error });
    default:
      return describedError(error);
  }
}

/** The result's description, or the code of a system call: messages of both may hold paths. */
function reasonOf(error: unknown): string {
  const { errstr } = error as { readonly errstr?: unknown };
  return typeof errstr === 'string' ? errstr : (codeOf(error) ?? 'unknown');
}
