import { expect, test } from 'vitest';
import { BUSY_MS } from '../../src/node/store/checkpoint-timer.ts';
import type { StoredRecord } from '../../src/store/store.ts';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { Vault } from '../../src/vault/vault.ts';
import { createSqlite, openIn } from '../store/folders.ts';
import { bytesOf, FIRST, LAST } from '../store/samples.ts';
import { foundIn, snippetsOf } from '../store/traces.ts';
import { seededBytes } from '../support/seeded.ts';
import { COUNT, KEY_FILE, NOTE, PASSPHRASE, SCRYPT } from './vaults.ts';

const ITEMS = 400;
const random = seededBytes(5);

function tracesOf(records: readonly StoredRecord[]) {
  return records.flatMap(({ value }, i) => snippetsOf(`value ${i}`, value));
}

test('of a destroyed item neither the key nor the content is left in the files, a few seconds later', async () => {
  const { store, folder, clock } = await createSqlite();
  const vault = await Vault.create(store, PASSPHRASE, { random, scrypt: SCRYPT });
  for (let n = 0; n < ITEMS; n += 1) {
    const transaction = vault.begin();
    transaction.putItem(NOTE, numberScope(n % 7), n, { title: `note ${n}`, body: bytesOf(`${n}`, (n * 13) % 2000) });
    transaction.put(COUNT, numberScope(n % 7), n, n);
    await transaction.commit();
  }
  await clock.advance(BUSY_MS);
  const before = await store.range({ from: FIRST, to: LAST });
  for (let n = 0; n < ITEMS; n += 2) {
    const transaction = vault.begin();
    transaction.deleteItem(NOTE, numberScope(n % 7), n);
    transaction.put(COUNT, NO_SCOPE, 0, n);
    await transaction.commit();
  }
  const left = new Set((await store.range({ from: FIRST, to: LAST })).map(({ name }) => `${name}`));
  const gone = before.filter(({ name }) => !left.has(`${name}`));
  expect(gone).toHaveLength(ITEMS);
  expect(gone.filter(({ value }) => value.length === 73)).toHaveLength(ITEMS / 2);
  await clock.advance(BUSY_MS);
  expect(foundIn(folder, tracesOf(gone))).toEqual([]);
  await vault.close();
  expect(foundIn(folder, tracesOf(gone))).toEqual([]);
  const reopened = await Vault.open(await openIn(folder), PASSPHRASE, random);
  expect(await reopened.getItem(NOTE, numberScope(0), 0)).toBeUndefined();
  expect(await reopened.getItem(NOTE, numberScope(1), 1)).toEqual({ title: 'note 1', body: bytesOf('1', 13) });
});

test('of a changed unlock the header from before is not left in the files, a few seconds later', async () => {
  const { store, folder, clock } = await createSqlite();
  const vault = await Vault.create(store, PASSPHRASE, { random, scrypt: SCRYPT });
  await clock.advance(BUSY_MS);
  const [header] = await store.range({ from: FIRST, to: FIRST });
  // Salt, nonce and wrapped key.
  const traces = snippetsOf('header', header?.value.subarray(16) ?? new Uint8Array());
  expect(foundIn(folder, traces)).toHaveLength(traces.length);
  await vault.changeUnlock(PASSPHRASE, KEY_FILE);
  await clock.advance(BUSY_MS);
  expect(foundIn(folder, traces)).toEqual([]);
  await vault.close();
  await expect(Vault.open(await openIn(folder), PASSPHRASE, random)).rejects.toMatchObject({
    code: 'WRONG_PASSPHRASE',
  });
});
