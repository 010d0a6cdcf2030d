import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory-store.ts';
import type { StoredRecord } from '../../src/store/store.ts';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { Vault } from '../../src/vault/vault.ts';
import { bytesOf, hex } from '../store/samples.ts';
import { seededBytes } from '../support/seeded.ts';
import { NOTE, newVault, PASSPHRASE } from './vaults.ts';

const CHAT = numberScope(3);
const random = seededBytes(7);
const note = { title: 'a title', body: bytesOf('body', 3000) };

/** The two records of an item: the wrapped key, 73 bytes, and the content. */
function partsOf(records: readonly StoredRecord[]): { key: StoredRecord; content: StoredRecord } {
  const [key] = records.filter(({ value }) => value.length === 73);
  const [content] = records.filter(({ value }) => value.length > 120);
  return { key: key as StoredRecord, content: content as StoredRecord };
}

async function withItem() {
  const opened = await newVault();
  await opened.change((transaction) => transaction.putItem(NOTE, CHAT, 5, note));
  return opened;
}

describe('an item', () => {
  test('is a wrapped key of 73 bytes and what is sealed under it, in one batch', async () => {
    const { store, vault } = await withItem();
    expect(store.batches).toHaveLength(1);
    const { key, content } = partsOf(store.inner.snapshot());
    expect(store.inner.snapshot()).toHaveLength(3);
    expect(hex(key.name.subarray(16))).toBe(hex(numberScope(5)));
    expect(hex(content.name.subarray(16))).toBe(hex(numberScope(5)));
    expect(hex(key.name.subarray(0, 16))).not.toBe(hex(content.name.subarray(0, 16)));
    expect(await vault.getItem(NOTE, CHAT, 5)).toEqual(note);
    expect(await vault.getItem(NOTE, CHAT, 6)).toBeUndefined();
    expect(await vault.getItem(NOTE, NO_SCOPE, 5)).toBeUndefined();
  });

  test('has a key of its own, and a fresh one each time it is put', async () => {
    const { store, vault, change } = await withItem();
    const before = partsOf(store.inner.snapshot());
    const copy = store.inner.snapshot();
    await change((transaction) => transaction.putItem(NOTE, CHAT, 5, { ...note, title: 'b title' }));
    expect(await vault.getItem(NOTE, CHAT, 5)).toEqual({ ...note, title: 'b title' });
    // The old content with the new key, and the other way round.
    const after = partsOf(store.inner.snapshot());
    const [header] = copy as [StoredRecord];
    for (const mixed of [
      [header, after.key, before.content],
      [header, before.key, after.content],
    ]) {
      const opened = await Vault.open(memoryStore(mixed), PASSPHRASE, random);
      await expect(opened.getItem(NOTE, CHAT, 5)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    }
  });

  test('is destroyed with both of its parts, and others are not', async () => {
    const { store, vault, change } = await withItem();
    await change((transaction) => transaction.putItem(NOTE, CHAT, 6, { title: 'stays' }));
    await change((transaction) => transaction.deleteItem(NOTE, CHAT, 5));
    expect(store.inner.snapshot()).toHaveLength(3);
    expect(await vault.getItem(NOTE, CHAT, 5)).toBeUndefined();
    expect(await vault.getItem(NOTE, CHAT, 6)).toEqual({ title: 'stays' });
    await change((transaction) => transaction.deleteItem(NOTE, CHAT, 5));
    expect(await vault.getItem(NOTE, CHAT, 5)).toBeUndefined();
  });

  test('is gone as soon as its key is, even if what was sealed under it comes back', async () => {
    const { store, vault, change } = await withItem();
    const { content } = partsOf(store.inner.snapshot());
    await change((transaction) => transaction.deleteItem(NOTE, CHAT, 5));
    await store.inner.batch({ put: [content] });
    expect(await vault.getItem(NOTE, CHAT, 5)).toBeUndefined();
    // Nor does it open as an ordinary record, or under the key of another item.
    await expect(vault.get(NOTE, CHAT, 5)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await change((transaction) => transaction.putItem(NOTE, CHAT, 5, { title: 'new' }));
    await store.inner.batch({ put: [content] });
    await expect(vault.getItem(NOTE, CHAT, 5)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  });

  test('without its content, or with another’s key, is STORE_DAMAGED', async () => {
    const { store, vault, change } = await withItem();
    const { key, content } = partsOf(store.inner.snapshot());
    await store.inner.batch({ delete: [content.name] });
    await expect(vault.getItem(NOTE, CHAT, 5)).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
    await change((transaction) => transaction.putItem(NOTE, CHAT, 6, note));
    const other = store.inner.snapshot().find(({ name, value }) => value.length === 73 && name[23] === 6);
    await store.inner.batch({ put: [content, { name: key.name, value: other?.value ?? content.value }] });
    await expect(vault.getItem(NOTE, CHAT, 5)).rejects.toThrow('“note”');
  });

  test('wipes the bytes of its key once it is sealed', async () => {
    const drawn: Uint8Array[] = [];
    const source = seededBytes(4);
    const { store } = await newVault();
    const vault = await Vault.open(store, PASSPHRASE, (length) => {
      const bytes = source(length);
      drawn.push(bytes);
      return bytes;
    });
    const transaction = vault.begin();
    transaction.putItem(NOTE, CHAT, 1, note);
    await transaction.commit();
    // The item key is the first that is drawn; nonces are public and stay.
    expect(drawn[0]).toEqual(new Uint8Array(32));
    expect(drawn.slice(1).map(({ length }) => length)).toEqual([24, 24]);
  });
});
