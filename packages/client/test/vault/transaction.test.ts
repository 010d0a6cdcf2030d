import { describe, expect, test } from 'vitest';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { bytesOf, hex } from '../store/samples.ts';
import { COUNT, KEY, NOTE, newVault } from './vaults.ts';

const CHAT = numberScope(3);

describe('a transaction', () => {
  test('is one batch of the store, in which each name stands once', async () => {
    const { store, vault } = await newVault();
    const transaction = vault.begin();
    transaction.put(COUNT, CHAT, 0, 1);
    transaction.put(COUNT, CHAT, 0, 2);
    transaction.delete(COUNT, CHAT, 1);
    transaction.put(COUNT, CHAT, 1, 3);
    transaction.put(COUNT, CHAT, 2, 4);
    transaction.delete(COUNT, CHAT, 2);
    transaction.putItem(NOTE, CHAT, 0, { title: 'first' });
    transaction.deleteItem(NOTE, CHAT, 0);
    transaction.putItem(NOTE, CHAT, 1, { title: 'second' });
    expect(store.batches).toEqual([]);
    await transaction.commit();
    expect(store.batches).toHaveLength(1);
    const [batch] = store.batches;
    const names = [...(batch?.put ?? []).map(({ name }) => name), ...(batch?.delete ?? [])].map(hex);
    expect(names).toHaveLength(7);
    expect(new Set(names).size).toBe(7);
    expect(await vault.page(COUNT, CHAT)).toEqual([
      { position: 0, value: 2 },
      { position: 1, value: 3 },
    ]);
    expect(await vault.getItem(NOTE, CHAT, 0)).toBeUndefined();
    expect(await vault.getItem(NOTE, CHAT, 1)).toEqual({ title: 'second' });
  });

  test('of nothing writes nothing', async () => {
    const { store, vault } = await newVault();
    await vault.begin().commit();
    expect(store.batches).toEqual([]);
  });

  test('changes nothing before it is committed, and nothing ever if it is not', async () => {
    const { vault } = await newVault();
    vault.begin().put(COUNT, CHAT, 0, 1);
    expect(await vault.get(COUNT, CHAT)).toBeUndefined();
  });

  test('keeps a value as it was when it was put', async () => {
    const { vault } = await newVault();
    const transaction = vault.begin();
    const key = bytesOf('key', 32);
    transaction.put(KEY, CHAT, 0, key);
    key.fill(0);
    await transaction.commit();
    expect(await vault.get(KEY, CHAT)).toEqual(bytesOf('key', 32));
  });

  test('does not wipe or share the bytes of a value', async () => {
    const { vault, change } = await newVault();
    const key = bytesOf('key', 32);
    await change((transaction) => transaction.put(KEY, CHAT, 0, key));
    await change((transaction) => transaction.putItem(KEY, CHAT, 1, key));
    expect(key).toEqual(bytesOf('key', 32));
    const read = await vault.get(KEY, CHAT);
    expect(read).toEqual(key);
    expect(await vault.getItem(KEY, CHAT, 1)).toEqual(key);
    read?.fill(0);
    expect(await vault.get(KEY, CHAT)).toEqual(key);
  });

  test('takes effect in the order of the commits, whoever waits for them', async () => {
    const { vault, change } = await newVault();
    await Promise.all([1, 2, 3].map((value) => change((transaction) => transaction.put(COUNT, CHAT, 0, value))));
    expect(await vault.get(COUNT, CHAT)).toBe(3);
  });

  test('can be used once', async () => {
    const { store, vault } = await newVault();
    const transaction = vault.begin();
    transaction.put(COUNT, CHAT, 0, 1);
    const committed = transaction.commit();
    const used = expect.objectContaining({ name: 'ClientError', code: 'INVALID_ARGUMENT' });
    expect(() => transaction.put(COUNT, CHAT, 0, 2)).toThrow(used);
    expect(() => transaction.delete(COUNT, CHAT, 0)).toThrow(used);
    expect(() => transaction.putItem(COUNT, CHAT, 0, 2)).toThrow(used);
    expect(() => transaction.deleteItem(COUNT, CHAT, 0)).toThrow(used);
    expect(() => transaction.merge(vault.begin())).toThrow(used);
    expect(() => vault.begin().merge(transaction)).toThrow(used);
    await expect(transaction.commit()).rejects.toEqual(used);
    await committed;
    expect(store.batches).toHaveLength(1);
  });

  test('that the store refuses rejects with the store’s error', async () => {
    const { store, vault } = await newVault();
    const transaction = vault.begin();
    transaction.put(COUNT, CHAT, 0, 1);
    await store.inner.close();
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('a merged transaction', () => {
  test('brings its changes after those that were there, all in one batch', async () => {
    const { store, vault } = await newVault();
    const [first, second] = [vault.begin(), vault.begin()];
    second.put(COUNT, CHAT, 0, 2);
    second.delete(COUNT, CHAT, 1);
    second.put(COUNT, CHAT, 2, 2);
    first.put(COUNT, CHAT, 0, 1);
    first.put(COUNT, CHAT, 1, 1);
    first.merge(second);
    first.put(COUNT, CHAT, 2, 3);
    first.put(COUNT, NO_SCOPE, 0, 4);
    await first.commit();
    expect(store.batches).toHaveLength(1);
    expect(await vault.page(COUNT, CHAT)).toEqual([
      { position: 0, value: 2 },
      { position: 2, value: 3 },
    ]);
    expect(await vault.get(COUNT, NO_SCOPE)).toBe(4);
  });

  test('is used up', async () => {
    const { vault } = await newVault();
    const [first, second] = [vault.begin(), vault.begin()];
    first.merge(second);
    await expect(second.commit()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(() => first.merge(second)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test('is of the same vault, and another one', async () => {
    const [one, other] = [await newVault(1), await newVault(2)];
    const transaction = one.vault.begin();
    const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    expect(() => transaction.merge(other.vault.begin())).toThrow(refused);
    expect(() => transaction.merge(transaction)).toThrow(refused);
  });
});
