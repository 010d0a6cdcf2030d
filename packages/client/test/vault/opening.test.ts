import { describe, expect, test } from 'vitest';
import type { DeviceUnlock } from '../../src/device.ts';
import { memoryStore } from '../../src/store/memory-store.ts';
import type { StoredRecord } from '../../src/store/store.ts';
import { Vault, vaultUnlockKind } from '../../src/vault/vault.ts';
import { recordOf } from '../store/samples.ts';
import { seededBytes } from '../support/seeded.ts';
import { COUNT, changedCopy, KEY_FILE, newVault, PASSPHRASE, SCRYPT, WatchedStore } from './vaults.ts';

const random = seededBytes(7);
const HEADER = new Uint8Array(24);
const NO_SCOPE = new Uint8Array();

/** The records of a vault with something in it, header first. */
async function records(unlock: DeviceUnlock = PASSPHRASE): Promise<StoredRecord[]> {
  const store = memoryStore();
  const vault = await Vault.create(store, unlock, { random, scrypt: SCRYPT });
  const transaction = vault.begin();
  transaction.put(COUNT, NO_SCOPE, 0, 7);
  await transaction.commit();
  return store.snapshot();
}

function withHeader([header, ...rest]: StoredRecord[], change: (header: Uint8Array) => Uint8Array): StoredRecord[] {
  const { name, value } = header as StoredRecord;
  return [{ name, value: change(new Uint8Array(value)) }, ...rest];
}

function withByte(at: number, byte: number): (header: Uint8Array) => Uint8Array {
  return (header) => header.fill(byte, at, at + 1);
}

describe('a new vault', () => {
  test.each<[string, DeviceUnlock]>([
    ['passphrase', PASSPHRASE],
    ['key-file', KEY_FILE],
  ])('with a %s writes its header in one batch, and opens again', async (kind, unlock) => {
    const store = new WatchedStore();
    expect(await Vault.exists(store)).toBe(false);
    expect(await vaultUnlockKind(store)).toBeUndefined();
    const vault = await Vault.create(store, unlock, { random, scrypt: SCRYPT });
    expect(store.batches).toHaveLength(1);
    const [header] = store.inner.snapshot();
    expect(header?.name).toEqual(HEADER);
    expect(header?.value).toHaveLength(120);
    expect(await Vault.exists(store)).toBe(true);
    expect(await vaultUnlockKind(store)).toBe(kind);
    const transaction = vault.begin();
    transaction.put(COUNT, NO_SCOPE, 0, 7);
    await transaction.commit();
    const snapshot = store.inner.snapshot();
    await vault.close();
    const reopened = await Vault.open(memoryStore(snapshot), unlock, random);
    expect(await reopened.get(COUNT, NO_SCOPE)).toBe(7);
  });

  test('takes the key file’s bytes without keeping or wiping them', async () => {
    const keyFile = new Uint8Array(KEY_FILE.keyFile);
    const vault = await Vault.create(memoryStore(), { keyFile }, { random });
    await vault.close();
    expect(keyFile).toEqual(KEY_FILE.keyFile);
  });

  test.each<[string, unknown]>([
    ['an empty passphrase', { passphrase: '' }],
    ['half a letter', { passphrase: 'x\ud800' }],
    ['a short key file', { keyFile: new Uint8Array(31) }],
    ['nothing', {}],
    ['both', { ...PASSPHRASE, ...KEY_FILE }],
    ['a number', { passphrase: 1234 }],
  ])('with %s is not made', async (_, unlock) => {
    const store = new WatchedStore();
    const made = Vault.create(store, unlock as DeviceUnlock, { random, scrypt: SCRYPT });
    await expect(made).rejects.toMatchObject({ name: 'ClientError', code: 'INVALID_ARGUMENT' });
    expect(store.batches).toEqual([]);
  });

  test('with scrypt parameters out of bounds is not made', async () => {
    const made = Vault.create(memoryStore(), PASSPHRASE, { random, scrypt: { logN: 30, r: 8, p: 1 } });
    await expect(made).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('is not made where there is one, nor where there is something else', async () => {
    const store = new WatchedStore(memoryStore(await records()));
    const over = Vault.create(store, PASSPHRASE, { random, scrypt: SCRYPT });
    await expect(over).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const foreign = new WatchedStore(memoryStore([recordOf('a', 1)]));
    const beside = Vault.create(foreign, PASSPHRASE, { random, scrypt: SCRYPT });
    await expect(beside).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    expect([...store.batches, ...foreign.batches]).toEqual([]);
  });

  test('whose header cannot be written is not made', async () => {
    const store = memoryStore();
    const made = Vault.create(store, PASSPHRASE, { random, scrypt: SCRYPT });
    await store.close();
    await expect(made).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a vault is not opened, and its store left as it is,', () => {
  const flipped = (at: number) => (header: Uint8Array) => header.fill((header[at] as number) ^ 1, at, at + 1);

  test.each<[string, string, DeviceUnlock, () => Promise<StoredRecord[]>]>([
    ['WRONG_PASSPHRASE', 'with another passphrase', { passphrase: 'Correct horse' }, () => records()],
    ['WRONG_PASSPHRASE', 'with another key file', { keyFile: random(32) }, () => records(KEY_FILE)],
    ['WRONG_PASSPHRASE', 'with a key file where a passphrase is needed', KEY_FILE, () => records()],
    ['WRONG_PASSPHRASE', 'with a passphrase where a key file is needed', PASSPHRASE, () => records(KEY_FILE)],
    ['WRONG_PASSPHRASE', 'with a changed salt', PASSPHRASE, async () => withHeader(await records(), flipped(20))],
    ['WRONG_PASSPHRASE', 'with a changed key', PASSPHRASE, async () => withHeader(await records(), flipped(119))],
    ['INVALID_ARGUMENT', 'with an empty passphrase', { passphrase: '' }, () => records()],
    ['INVALID_ARGUMENT', 'with a key file of 33 bytes', { keyFile: new Uint8Array(33) }, () => records(KEY_FILE)],
    ['INVALID_ARGUMENT', 'where there is none', PASSPHRASE, async () => []],
    ['STORE_DAMAGED', 'without its header', PASSPHRASE, async () => (await records()).slice(1)],
    ['STORE_DAMAGED', 'with half a header', PASSPHRASE, async () => withHeader(await records(), (h) => h.slice(0, 60))],
    ['STORE_DAMAGED', 'with an empty header', PASSPHRASE, async () => withHeader(await records(), () => random(0))],
    ['STORE_DAMAGED', 'with a longer header', PASSPHRASE, async () => withHeader(await records(), () => random(121))],
    ['STORE_DAMAGED', 'with another magic', PASSPHRASE, async () => withHeader(await records(), withByte(0, 0))],
    ['STORE_DAMAGED', 'with an unknown kdf', PASSPHRASE, async () => withHeader(await records(), withByte(9, 9))],
    ['STORE_DAMAGED', 'with a greedy kdf', PASSPHRASE, async () => withHeader(await records(), withByte(10, 31))],
    ['STORE_TOO_NEW', 'of a newer version', PASSPHRASE, async () => withHeader(await records(), withByte(8, 2))],
  ])('%s %s', async (code, _, unlock, make) => {
    const snapshot = await make();
    const store = new WatchedStore(memoryStore(snapshot));
    await expect(Vault.open(store, unlock, random)).rejects.toMatchObject({ name: 'ClientError', code });
    expect(store.batches).toEqual([]);
    expect(store.inner.snapshot()).toEqual(snapshot);
    // It stays the caller's, open.
    expect(await store.get(HEADER)).toEqual(snapshot.find(({ name }) => name.every((byte) => byte === 0))?.value);
  });

  test('and a wrong kind of unlock is told which one is needed', async () => {
    const byPassphrase = memoryStore(await records());
    const byKeyFile = memoryStore(await records(KEY_FILE));
    await expect(Vault.open(byPassphrase, KEY_FILE, random)).rejects.toThrow(/opens with a passphrase/);
    await expect(Vault.open(byKeyFile, PASSPHRASE, random)).rejects.toThrow(/opens with a key file/);
  });

  test('and what kind of unlock it needs is not known of a damaged or newer header', async () => {
    for (const [code, change] of [
      ['STORE_DAMAGED', withByte(3, 0)],
      ['STORE_TOO_NEW', withByte(8, 2)],
    ] as const) {
      const store = memoryStore(withHeader(await records(), change));
      await expect(vaultUnlockKind(store)).rejects.toMatchObject({ code });
    }
    await expect(vaultUnlockKind(memoryStore([recordOf('a', 1)]))).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });
});

describe('a closed vault', () => {
  test('closes its store, and rejects every call with CLOSED', async () => {
    const { store, vault, change } = await newVault();
    await change((transaction) => transaction.putItem(COUNT, NO_SCOPE, 0, 1));
    const begun = vault.begin();
    begun.put(COUNT, NO_SCOPE, 1, 1);
    await vault.close();
    await vault.close();
    await expect(store.get(HEADER)).rejects.toMatchObject({ code: 'CLOSED' });
    for (const call of [
      () => vault.get(COUNT, NO_SCOPE),
      () => vault.page(COUNT, NO_SCOPE),
      () => vault.getItem(COUNT, NO_SCOPE, 0),
      () => vault.changeUnlock(PASSPHRASE, KEY_FILE),
      () => begun.commit(),
      async () => vault.begin(),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'ClientError', code: 'CLOSED' });
    }
  });

  test('rejects also what was under way when its keys were wiped', async () => {
    const { vault, change } = await newVault();
    await change((transaction) => transaction.putItem(COUNT, NO_SCOPE, 0, 1));
    const calls = [
      vault.get(COUNT, NO_SCOPE),
      vault.page(COUNT, NO_SCOPE),
      vault.getItem(COUNT, NO_SCOPE, 0),
      vault.changeUnlock(PASSPHRASE, { passphrase: 'next' }, SCRYPT),
    ];
    const results = Promise.allSettled(calls);
    await vault.close();
    for (const result of await results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } });
    }
  });

  test('finishes what was committed before', async () => {
    const { store, vault } = await newVault();
    const transaction = vault.begin();
    transaction.put(COUNT, NO_SCOPE, 0, 8);
    const committed = transaction.commit();
    await vault.close();
    await committed;
    const reopened = await Vault.open(memoryStore(store.inner.snapshot()), PASSPHRASE, random);
    expect(await reopened.get(COUNT, NO_SCOPE)).toBe(8);
  });
});

describe('a changed unlock', () => {
  const next = { passphrase: 'next' };

  async function opens(snapshot: StoredRecord[], unlock: DeviceUnlock): Promise<boolean> {
    const opened = await Vault.open(memoryStore(snapshot), unlock, random).catch((error) => error);
    if (opened instanceof Vault) {
      expect(await opened.get(COUNT, NO_SCOPE)).toBe(7);
      return true;
    }
    expect(opened).toMatchObject({ code: 'WRONG_PASSPHRASE' });
    return false;
  }

  async function filled(unlock: DeviceUnlock) {
    const store = new WatchedStore(memoryStore(await records(unlock)));
    return { store, vault: await Vault.open(store, unlock, random) };
  }

  test.each<[string, DeviceUnlock, DeviceUnlock]>([
    ['passphrase to passphrase', PASSPHRASE, next],
    ['passphrase to key file', PASSPHRASE, KEY_FILE],
    ['key file to passphrase', KEY_FILE, next],
    ['key file to key file', KEY_FILE, { keyFile: new Uint8Array(32) }],
    ['one to itself', PASSPHRASE, PASSPHRASE],
  ])('from %s replaces the header alone, in one batch', async (_, from, to) => {
    const { store, vault } = await filled(from);
    const [before, ...records] = store.inner.snapshot();
    await vault.changeUnlock(from, to, SCRYPT);
    expect(store.batches).toHaveLength(1);
    const after = store.inner.snapshot();
    expect(after.slice(1)).toEqual(records);
    // A new salt and a new nonce.
    expect(after[0]?.value.subarray(16, 72)).not.toEqual(before?.value.subarray(16, 72));
    expect(await opens(after, to)).toBe(true);
    expect(await opens(after, from)).toBe(from === to);
    // The vault stays open.
    expect(await vault.get(COUNT, NO_SCOPE)).toBe(7);
  });

  test.each<[string, string, DeviceUnlock, DeviceUnlock]>([
    ['WRONG_PASSPHRASE', 'when the current one is wrong', { passphrase: 'wrong' }, next],
    ['WRONG_PASSPHRASE', 'when the current one is of the other kind', KEY_FILE, next],
    ['INVALID_ARGUMENT', 'to an empty passphrase', PASSPHRASE, { passphrase: '' }],
    ['INVALID_ARGUMENT', 'to a key file of no size', PASSPHRASE, { keyFile: new Uint8Array() }],
  ])('is refused with %s %s, and nothing is written', async (code, _, current, to) => {
    const { store, vault } = await filled(PASSPHRASE);
    const before = store.inner.snapshot();
    await expect(vault.changeUnlock(current, to, SCRYPT)).rejects.toMatchObject({ code });
    expect(store.batches).toEqual([]);
    expect(store.inner.snapshot()).toEqual(before);
    expect(await opens(before, PASSPHRASE)).toBe(true);
  });

  test('that cannot be written leaves the one before', async () => {
    const { store, vault } = await filled(PASSPHRASE);
    const before = store.inner.snapshot();
    store.batch = () => Promise.reject(new Error('the disk is full'));
    await expect(vault.changeUnlock(PASSPHRASE, next, SCRYPT)).rejects.toThrow('full');
    expect(store.inner.snapshot()).toEqual(before);
    expect(await opens(before, PASSPHRASE)).toBe(true);
  });

  test('is made once when two are made at once from the same', async () => {
    const { store, vault } = await filled(PASSPHRASE);
    const other = { passphrase: 'other' };
    const results = await Promise.allSettled([
      vault.changeUnlock(PASSPHRASE, next, SCRYPT),
      vault.changeUnlock(PASSPHRASE, other, SCRYPT),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await opens(store.inner.snapshot(), next)).toBe(true);
    expect(await opens(store.inner.snapshot(), other)).toBe(false);
  });

  test('has one header before and one after a crash: never none, never half', async () => {
    const { store, vault } = await filled(PASSPHRASE);
    const before = changedCopy(store.inner, (record) => record);
    await vault.changeUnlock(PASSPHRASE, next, SCRYPT);
    const [batch] = store.batches;
    expect(batch?.put).toHaveLength(1);
    expect(batch?.delete ?? []).toEqual([]);
    await before.batch(batch ?? {});
    expect(await opens(before.snapshot(), next)).toBe(true);
  });
});
