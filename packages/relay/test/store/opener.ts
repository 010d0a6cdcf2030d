/**
 * Opens the folder in its argument and says how that went: `opened`, or the error's code.
 *
 * @module
 */

import process from 'node:process';
import { StoreError } from '../../src/store/relay-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { WIDE } from './samples.ts';

try {
  const store = await openSqliteStore({ folder: process.argv[2] as string, limits: WIDE });
  await store.close();
  process.stdout.write('opened');
} catch (error) {
  process.stdout.write(error instanceof StoreError ? error.code : String(error));
}
