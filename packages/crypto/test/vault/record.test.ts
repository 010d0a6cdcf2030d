import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { concat, lengthPrefixed, u64, utf8 } from '../../src/bytes.ts';
import { Secret } from '../../src/secret.ts';
import {
  createVault,
  newItemKey,
  openItem,
  openRecord,
  RECORD_NAME_SIZE,
  recordName,
  recordPosition,
  SEALED_OVERHEAD,
  sealItem,
  sealRecord,
  unwrapItemKey,
  type VaultKeys,
  WRAPPED_ITEM_KEY_SIZE,
  wrapItemKey,
} from '../../src/vault/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('records');
const CHAT = utf8('chat one');
const PLAINTEXT = utf8('what the record says');

let keys: VaultKeys;
let otherKeys: VaultKeys;

beforeAll(async () => {
  const unlock = { keyFile: new Secret<'key-file'>(new Uint8Array(32)) };
  keys = (await createVault(unlock, random)).keys;
  otherKeys = (await createVault(unlock, random)).keys;
});

describe('a record name', () => {
  it('is HMAC-SHA-256 of kind and scope, cut to 16 bytes, and the position', () => {
    const input = concat(lengthPrefixed(utf8('message')), lengthPrefixed(CHAT));
    const family = createHmac('sha256', keys.nameKey.expose()).update(input).digest().subarray(0, 16);
    expect(recordName(keys, 'message', CHAT, 258)).toEqual(concat(family, u64(258)));
    expect(recordName(keys, 'message', CHAT).length).toBe(RECORD_NAME_SIZE);
    expect(recordName(keys, 'message', CHAT)).toEqual(recordName(keys, 'message', CHAT, 0));
  });

  it('differs by kind, scope and vault, and confuses no kind with a scope', () => {
    const names = [
      recordName(keys, 'message', CHAT),
      recordName(keys, 'messages', CHAT),
      recordName(keys, 'message', new Uint8Array(0)),
      recordName(keys, 'message', utf8('chat two')),
      recordName(keys, '', concat(utf8('message'), CHAT)),
      recordName(otherKeys, 'message', CHAT),
    ];
    expect(new Set(names.map((name) => String(name.subarray(0, 16)))).size).toBe(names.length);
  });

  it('sorts by position, byte by byte', () => {
    const position = fc.maxSafeNat();
    fc.assert(
      fc.property(position, position, (a, b) => {
        const order = Buffer.compare(recordName(keys, 'deadline', CHAT, a), recordName(keys, 'deadline', CHAT, b));
        expect(order).toBe(Math.sign(a - b) + 0);
        expect(recordPosition(recordName(keys, 'deadline', CHAT, a))).toBe(a);
      }),
    );
  });

  it('refuses a position that is none', () => {
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN]) {
      expectCode('INVALID_ARGUMENT', () => recordName(keys, 'message', CHAT, bad));
    }
    expectCode('INVALID_ARGUMENT', () => recordPosition(new Uint8Array(23)));
    expectCode('MALFORMED', () => recordPosition(new Uint8Array(24).fill(0xff)));
  });
});

describe('a record', () => {
  it('opens under its kind and name', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), fc.uint8Array({ maxLength: 300 }), (kind, scope, plaintext) => {
        const name = recordName(keys, kind, scope);
        const sealed = sealRecord(keys, kind, name, plaintext, random);
        expect(sealed.length).toBe(plaintext.length + SEALED_OVERHEAD);
        expect(openRecord(keys, kind, name, sealed)).toEqual(plaintext);
      }),
    );
  });

  it('never looks the same twice', () => {
    const name = recordName(keys, 'message', CHAT, 1);
    expect(sealRecord(keys, 'message', name, PLAINTEXT, random)).not.toEqual(
      sealRecord(keys, 'message', name, PLAINTEXT, random),
    );
  });

  it('does not open when moved to another name, kind or vault', () => {
    const name = recordName(keys, 'message', CHAT, 1);
    const sealed = sealRecord(keys, 'message', name, PLAINTEXT, random);
    const next = recordName(keys, 'message', CHAT, 2);
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', next, sealed));
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'messag', name, sealed));
    expectCode('AUTHENTICATION_FAILED', () => openRecord(otherKeys, 'message', name, sealed));
  });

  it('does not open when any bit changed or it was cut', () => {
    const name = recordName(keys, 'message', CHAT, 1);
    const sealed = sealRecord(keys, 'message', name, PLAINTEXT, random);
    expectCode('UNSUPPORTED_VERSION', () => openRecord(keys, 'message', name, sealed.with(0, 2)));
    for (let i = 1; i < sealed.length; i++) {
      const changed = sealed.with(i, (sealed[i] as number) ^ 0x40);
      expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, changed));
    }
    for (let length = 0; length < SEALED_OVERHEAD; length++) {
      expectCode('MALFORMED', () => openRecord(keys, 'message', name, sealed.subarray(0, length)));
    }
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, sealed.subarray(0, -1)));
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, concat(sealed, Uint8Array.of(0))));
  });

  it('needs a whole name', () => {
    expectCode('INVALID_ARGUMENT', () => sealRecord(keys, 'message', new Uint8Array(16), PLAINTEXT, random));
    expectCode('INVALID_ARGUMENT', () => openRecord(keys, 'message', new Uint8Array(25), new Uint8Array(50)));
  });
});

describe('an item', () => {
  it('opens under its own key, which comes back from its wrapped form', () => {
    const name = recordName(keys, 'message', CHAT, 9);
    const itemKey = newItemKey(random);
    const wrapped = wrapItemKey(keys, 'message', name, itemKey, random);
    expect(wrapped.length).toBe(WRAPPED_ITEM_KEY_SIZE);
    const sealed = sealItem(itemKey, 'message', name, PLAINTEXT, random);
    expect(sealed.length).toBe(PLAINTEXT.length + SEALED_OVERHEAD);
    const unwrapped = unwrapItemKey(keys, 'message', name, wrapped);
    expect(openItem(unwrapped, 'message', name, sealed)).toEqual(PLAINTEXT);
  });

  it('opens under no other key: not of another item, not of the vault', () => {
    const name = recordName(keys, 'message', CHAT, 9);
    const sealed = sealItem(newItemKey(random), 'message', name, PLAINTEXT, random);
    expectCode('AUTHENTICATION_FAILED', () => openItem(newItemKey(random), 'message', name, sealed));
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, sealed));
  });

  it('and its wrapped key stay where they are', () => {
    const name = recordName(keys, 'message', CHAT, 9);
    const next = recordName(keys, 'message', CHAT, 10);
    const itemKey = newItemKey(random);
    const wrapped = wrapItemKey(keys, 'message', name, itemKey, random);
    const sealed = sealItem(itemKey, 'message', name, PLAINTEXT, random);
    expectCode('AUTHENTICATION_FAILED', () => unwrapItemKey(keys, 'message', next, wrapped));
    expectCode('AUTHENTICATION_FAILED', () => unwrapItemKey(keys, 'file', name, wrapped));
    expectCode('AUTHENTICATION_FAILED', () => unwrapItemKey(otherKeys, 'message', name, wrapped));
    expectCode('AUTHENTICATION_FAILED', () => openItem(itemKey, 'message', next, sealed));
    expectCode('AUTHENTICATION_FAILED', () => openItem(itemKey, 'file', name, sealed));
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, wrapped));
  });

  it('is separated by its label even under the same key', () => {
    const name = recordName(keys, 'message', CHAT, 9);
    const sealed = sealItem(new Secret(keys.recordKey.expose().slice()), 'message', name, PLAINTEXT, random);
    expectCode('AUTHENTICATION_FAILED', () => openRecord(keys, 'message', name, sealed));
  });

  it('is gone with its key', () => {
    const name = recordName(keys, 'message', CHAT, 9);
    const itemKey = newItemKey(random);
    const sealed = sealItem(itemKey, 'message', name, PLAINTEXT, random);
    itemKey.wipe();
    expectCode('SECRET_WIPED', () => openItem(itemKey, 'message', name, sealed));
    expectCode('SECRET_WIPED', () => wrapItemKey(keys, 'message', name, itemKey, random));
  });

  it('needs a key of 32 bytes', () => {
    const short = new Secret<'item-key'>(new Uint8Array(31));
    const name = recordName(keys, 'message', CHAT);
    expectCode('INVALID_ARGUMENT', () => wrapItemKey(keys, 'message', name, short, random));
  });
});

describe('a locked vault', () => {
  it('names, seals and opens nothing', async () => {
    const { keys: locked } = await createVault({ keyFile: new Secret(new Uint8Array(32)) }, random);
    const name = recordName(locked, 'message', CHAT);
    const sealed = sealRecord(locked, 'message', name, PLAINTEXT, random);
    locked.wipe();
    expectCode('SECRET_WIPED', () => recordName(locked, 'message', CHAT));
    expectCode('SECRET_WIPED', () => sealRecord(locked, 'message', name, PLAINTEXT, random));
    expectCode('SECRET_WIPED', () => openRecord(locked, 'message', name, sealed));
  });
});
