/**
 * Opens the store in the folder of its argument and says how that went: `opened`, or the error's code. With `hold` as
 * the second argument it then keeps it open until it is killed.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import process from 'node:process';
import { ClientError } from '../../src/errors.ts';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import { recordOf } from './samples.ts';

const [folder, mode] = process.argv.slice(2) as [string, string | undefined];
try {
  const store = await openSqliteStore(folder);
  await store.batch({ put: [recordOf('opener', process.pid)] });
  if (mode === 'hold') {
    setInterval(() => undefined, 1000);
  } else {
    await store.close();
  }
  writeSync(1, 'opened\n');
} catch (error) {
  writeSync(1, `${error instanceof ClientError ? error.code : error}\n`);
}
