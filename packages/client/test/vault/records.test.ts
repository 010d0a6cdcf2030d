import { ready, recordName, Secret, systemRandom, VaultKeys } from '@secret-chat/crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory-store.ts';
import type { StoredRecord } from '../../src/store/store.ts';
import { RecordNames } from '../../src/vault/record-names.ts';
import { NO_SCOPE, numberScope } from '../../src/vault/scopes.ts';
import { Vault } from '../../src/vault/vault.ts';
import { bytesOf, hex } from '../store/samples.ts';
import { seededBytes } from '../support/seeded.ts';
import { COUNT, changedCopy, KEY, NOTE, newVault, PASSPHRASE } from './vaults.ts';

const random = seededBytes(7);
const CHAT = numberScope(3);

describe('records', () => {
  test('are typed values, by kind, scope and position', async () => {
    const { vault, change } = await newVault();
    const note = { title: 'a title', body: bytesOf('body', 5000) };
    await change((transaction) => {
      transaction.put(NOTE, CHAT, 0, note);
      transaction.put(NOTE, CHAT, 1, { title: '' });
      transaction.put(COUNT, CHAT, 0, 1);
      transaction.put(COUNT, NO_SCOPE, 0, 2);
      transaction.put(KEY, NO_SCOPE, Number.MAX_SAFE_INTEGER, bytesOf('key', 32));
    });
    expect(await vault.get(NOTE, CHAT)).toEqual(note);
    expect(await vault.get(NOTE, CHAT, 1)).toEqual({ title: '' });
    expect(await vault.get(COUNT, CHAT)).toBe(1);
    expect(await vault.get(COUNT, NO_SCOPE, 0)).toBe(2);
    expect(await vault.get(KEY, NO_SCOPE, Number.MAX_SAFE_INTEGER)).toEqual(bytesOf('key', 32));
    expect(await vault.get(NOTE, CHAT, 2)).toBeUndefined();
    expect(await vault.get(NOTE, NO_SCOPE)).toBeUndefined();
    expect(await vault.get(KEY, numberScope(4))).toBeUndefined();
  });

  test('are sealed: the store sees neither kinds nor scopes nor values, and no two of the same bytes', async () => {
    const { store, change } = await newVault();
    const title = 'a title that nobody sees';
    await change((transaction) => transaction.put(NOTE, CHAT, 1, { title }));
    const [, first] = store.inner.snapshot();
    await change((transaction) => transaction.put(NOTE, CHAT, 1, { title }));
    const [, second] = store.inner.snapshot();
    expect(first?.name).toEqual(second?.name);
    expect(first?.value).not.toEqual(second?.value);
    // {"title": …} is 8 + 24 bytes, and sealing adds 41.
    expect(first?.value).toHaveLength(1 + 6 + 2 + title.length + 41);
    const raw = Buffer.concat(store.inner.snapshot().flatMap(({ name, value }) => [name, value])).toString('latin1');
    for (const text of ['title', 'note', 'nobody']) {
      expect(raw).not.toContain(text);
    }
  });

  test('with a value that breaks their schema are not written', async () => {
    const { store, vault } = await newVault();
    const transaction = vault.begin();
    expect(() => transaction.put(NOTE, CHAT, 0, { title: 7 } as never)).toThrow(
      expect.objectContaining({ name: 'ClientError', code: 'INVALID_ARGUMENT' }),
    );
    expect(() => transaction.put(NOTE, CHAT, 0, { title: 'secret'.repeat(100) })).toThrow(/kind “note”/);
    expect(() => transaction.putItem(COUNT, CHAT, 0, -1)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    await transaction.commit();
    expect(store.batches).toEqual([]);
  });

  test.each([-1, 0.5, 2 ** 53, Number.NaN, '1' as never])('have no position %s', async (position) => {
    const { vault } = await newVault();
    const code = 'INVALID_ARGUMENT';
    await expect(vault.get(COUNT, CHAT, position)).rejects.toMatchObject({ code });
    await expect(vault.page(COUNT, CHAT, { from: position })).rejects.toMatchObject({ code });
    await expect(vault.getItem(COUNT, CHAT, position)).rejects.toMatchObject({ code });
    expect(() => vault.begin().put(COUNT, CHAT, position, 1)).toThrow(expect.objectContaining({ code }));
    expect(() => vault.begin().deleteItem(COUNT, CHAT, position)).toThrow(expect.objectContaining({ code }));
  });
});

describe('records that do not open are STORE_DAMAGED, and the message names their kind alone', () => {
  const SECRET = 'a title that no message may hold';

  async function reopened(change: (record: StoredRecord, i: number) => StoredRecord | undefined): Promise<Vault> {
    const { store, change: write } = await newVault();
    await write((transaction) => {
      transaction.put(NOTE, CHAT, 1, { title: SECRET });
      transaction.put(NOTE, CHAT, 2, { title: SECRET });
    });
    return Vault.open(changedCopy(store.inner, change), PASSPHRASE, random);
  }

  async function damaged(read: Promise<unknown>): Promise<void> {
    const error = await read.then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ name: 'ClientError', code: 'STORE_DAMAGED' });
    expect(error.message).toContain('“note”');
    expect(`${error.stack} ${error.cause}`).not.toContain('title');
  }

  test.each<[string, (value: Uint8Array) => Uint8Array]>([
    ['with a bit flipped', (value) => value.with(50, (value[50] as number) ^ 1)],
    ['of another version', (value) => value.with(0, 2)],
    ['cut short', (value) => value.slice(0, -1)],
    ['cut to nothing', () => new Uint8Array()],
    ['with a byte more', (value) => new Uint8Array([...value, 0])],
  ])('%s', async (_, change) => {
    const vault = await reopened(({ name, value }, i) => ({ name, value: i === 1 ? change(value) : value }));
    await damaged(vault.get(NOTE, CHAT, 1));
    await damaged(vault.page(NOTE, CHAT));
    expect(await vault.get(NOTE, CHAT, 2)).toEqual({ title: SECRET });
  });

  test('moved to another position', async () => {
    const { store, change } = await newVault();
    await change((transaction) => transaction.put(NOTE, CHAT, 1, { title: SECRET }));
    const [header, moved] = store.inner.snapshot() as [StoredRecord, StoredRecord];
    const name = new Uint8Array(moved.name);
    name[23] = 2;
    const vault = await Vault.open(memoryStore([header, { name, value: moved.value }]), PASSPHRASE, random);
    expect(await vault.get(NOTE, CHAT, 1)).toBeUndefined();
    await damaged(vault.get(NOTE, CHAT, 2));
  });

  test('swapped with another scope’s, or put in the place of another kind', async () => {
    const { store, change } = await newVault();
    await change((transaction) => {
      transaction.put(NOTE, CHAT, 1, { title: SECRET });
      transaction.put(NOTE, NO_SCOPE, 1, { title: SECRET });
      transaction.put(COUNT, CHAT, 1, 7);
    });
    const values = store.inner.snapshot().map(({ value }) => value);
    const rotated = changedCopy(store.inner, ({ name, value }, i) => ({
      name,
      value: i === 0 ? value : (values[i === 3 ? 1 : i + 1] as Uint8Array),
    }));
    const vault = await Vault.open(rotated, PASSPHRASE, random);
    await damaged(vault.get(NOTE, CHAT, 1));
    await damaged(vault.get(NOTE, NO_SCOPE, 1));
    await expect(vault.get(COUNT, CHAT, 1)).rejects.toThrow('“count”');
  });

  test('of another vault', async () => {
    const { store } = await newVault(2);
    const other = await newVault(3);
    await other.change((transaction) => transaction.put(NOTE, CHAT, 1, { title: SECRET }));
    const [header] = store.inner.snapshot() as [StoredRecord];
    const records = other.store.inner.snapshot().slice(1);
    const vault = await Vault.open(memoryStore([header, ...records]), PASSPHRASE, random);
    expect(await vault.get(NOTE, CHAT, 1)).toBeUndefined();
  });

  test('of another schema', async () => {
    const { vault, change } = await newVault();
    await change((transaction) => transaction.put({ kind: 'note', codec: COUNT.codec }, CHAT, 1, 7));
    await damaged(vault.get(NOTE, CHAT, 1));
    const sealed = { kind: 'note', codec: { encode: () => new Map([['x', SECRET]]), decode: () => '' } };
    await change((transaction) => transaction.put(sealed, CHAT, 1, ''));
    await damaged(vault.get(NOTE, CHAT, 1));
  });
});

describe('a page', () => {
  const positions = [0, 1, 5, 255, 256, 1_800_000_000_000, Number.MAX_SAFE_INTEGER];

  async function filled() {
    const opened = await newVault();
    await opened.change((transaction) => {
      for (const position of positions.toReversed()) {
        transaction.put(COUNT, CHAT, position, position);
        transaction.put(COUNT, numberScope(4), position, 0);
        transaction.put(KEY, CHAT, position, bytesOf('key', 32));
      }
    });
    return opened;
  }

  test('is all of a kind and scope, by position', async () => {
    const { vault } = await filled();
    const all = positions.map((position) => ({ position, value: position }));
    expect(await vault.page(COUNT, CHAT)).toEqual(all);
    expect(await vault.page(COUNT, CHAT, {})).toEqual(all);
    expect(await vault.page(COUNT, numberScope(5))).toEqual([]);
  });

  test.each<[object, number[]]>([
    [{ from: 1, to: 255 }, [1, 5, 255]],
    [{ from: 2, to: 4 }, []],
    [{ from: 5, to: 5 }, [5]],
    [{ from: 6, to: 5 }, []],
    [{ from: 256 }, [256, 1_800_000_000_000, Number.MAX_SAFE_INTEGER]],
    [{ to: 1 }, [0, 1]],
    [{ limit: 2 }, [0, 1]],
    [{ limit: 0 }, []],
    [{ limit: 2, reverse: true }, [Number.MAX_SAFE_INTEGER, 1_800_000_000_000]],
    [{ to: 255, limit: 2, reverse: true }, [255, 5]],
  ])('%j holds %j', async (page, expected) => {
    const { vault } = await filled();
    expect((await vault.page(COUNT, CHAT, page)).map(({ position }) => position)).toEqual(expected);
  });

  test('of a bad limit is refused', async () => {
    const { vault } = await filled();
    await expect(vault.page(COUNT, CHAT, { limit: -1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('names', () => {
  beforeAll(() => ready);

  const keys = () => new VaultKeys(new Secret(systemRandom(32)));

  test('are those of the crypto package, remembered or not', () => {
    const vaultKeys = keys();
    const names = new RecordNames(vaultKeys);
    const scopes = [NO_SCOPE, CHAT, new Uint8Array([0]), bytesOf('long', 200), new Uint8Array(8).fill(0xff)];
    const kinds = ['', 'note', 'note/key', 'n', 'ünï', '4 note'];
    for (let round = 0; round < 2; round += 1) {
      for (const scope of scopes) {
        for (const kind of kinds) {
          for (const position of [0, 1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
            const name = names.nameOf(kind, scope, position);
            expect(hex(name)).toBe(hex(recordName(vaultKeys, kind, scope, position)));
            // What a caller does to a name does not reach the next.
            name.fill(0);
          }
        }
      }
    }
  });

  test('do not take the end of a kind for the start of a scope', () => {
    const names = new RecordNames(keys());
    const [a, b] = [names.nameOf('ab', new Uint8Array([0x63]), 0), names.nameOf('abc', NO_SCOPE, 0)];
    expect(hex(a)).not.toBe(hex(b));
    expect(hex(names.nameOf('ab', new Uint8Array([0x63]), 0))).toBe(hex(a));
  });

  test('of more families than are remembered are right, too', () => {
    const vaultKeys = keys();
    const names = new RecordNames(vaultKeys);
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 1500; n += 1) {
        names.nameOf('note', numberScope(n), 0);
      }
    }
    expect(hex(names.nameOf('note', numberScope(3), 9))).toBe(hex(recordName(vaultKeys, 'note', numberScope(3), 9)));
  });

  test('cost no HMAC each', () => {
    const vaultKeys = keys();
    const names = new RecordNames(vaultKeys);
    names.nameOf('note', CHAT, 0);
    vaultKeys.wipe();
    expect(names.nameOf('note', CHAT, 7)).toHaveLength(24);
    names.forget();
    expect(() => names.nameOf('note', CHAT, 7)).toThrow();
  });
});

describe('a scope', () => {
  test.each([
    [0, '0000000000000000'],
    [1, '0000000000000001'],
    [2 ** 32, '0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ])('of %d is %s', (n, expected) => {
    expect(hex(numberScope(n))).toBe(expected);
  });

  test.each([-1, 1.5, 2 ** 53, Number.NaN])('of %d is none', (n) => {
    expect(() => numberScope(n)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
