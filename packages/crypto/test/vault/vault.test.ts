import { scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../src/bytes.ts';
import { CryptoError } from '../../src/errors.ts';
import { LABEL } from '../../src/labels.ts';
import { hkdfSha512, xchachaOpen } from '../../src/primitives/index.ts';
import { Secret } from '../../src/secret.ts';
import {
  createVault,
  DEFAULT_SCRYPT_PARAMETERS,
  decodeVaultHeader,
  openVault,
  type PassphraseUnlock,
  rewrapVault,
  VAULT_HEADER_SIZE,
  type VaultKeys,
} from '../../src/vault/index.ts';
import { expectCode, expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const SMALL = { logN: 10, r: 8, p: 1 };

function passphrase(text: string): PassphraseUnlock {
  return { passphrase: text, parameters: SMALL };
}

function keyFile(byte: number): { keyFile: Secret<'key-file'> } {
  return { keyFile: new Secret(new Uint8Array(32).fill(byte)) };
}

function bytesOf(keys: VaultKeys): Uint8Array[] {
  return [keys.vaultKey, keys.recordKey, keys.nameKey, keys.wrapKey].map((key) => key.expose().slice());
}

describe('a vault with a passphrase', () => {
  it('opens with it, and gives the same keys', async () => {
    const { header, keys } = await createVault(passphrase('correct horse'), seededRandom('vault'));
    expect(header.length).toBe(VAULT_HEADER_SIZE);
    const opened = await openVault(header, { passphrase: 'correct horse' });
    expect(bytesOf(opened)).toEqual(bytesOf(keys));
    expect(new Set(bytesOf(keys).map(String)).size).toBe(4);
  });

  it('refuses another passphrase', async () => {
    const { header } = await createVault(passphrase('correct horse'), seededRandom('vault'));
    for (const wrong of ['correct hors', 'correct horse ', 'Correct horse']) {
      await expectRejection('WRONG_PASSPHRASE', openVault(header, { passphrase: wrong }));
    }
  });

  it('takes a passphrase in composed and decomposed form for the same', async () => {
    const { header, keys } = await createVault(passphrase('Gr\u00fc\u00dfe \u1e69'), seededRandom('nfc'));
    const opened = await openVault(header, { passphrase: 'Gru\u0308\u00dfe s\u0307\u0323' });
    expect(bytesOf(opened)).toEqual(bytesOf(keys));
  });

  it('refuses a passphrase that is empty or no text', async () => {
    const random = seededRandom('empty');
    const { header } = await createVault(passphrase('x'), random);
    for (const bad of ['', 'half \ud83d', '\udd11 half']) {
      await expectRejection('INVALID_ARGUMENT', createVault(passphrase(bad), random));
      await expectRejection('INVALID_ARGUMENT', openVault(header, { passphrase: bad }));
    }
    await createVault(passphrase('\ud83d\udd11'), random);
  });

  it('refuses to be made with parameters out of bounds', async () => {
    for (const parameters of [
      { logN: 9, r: 8, p: 1 },
      { logN: 21, r: 1, p: 1 },
      { logN: 10.5, r: 8, p: 1 },
      { logN: 10, r: 0, p: 1 },
      { logN: 10, r: 8, p: 0 },
      { logN: 10, r: 8, p: 5 },
      { logN: 20, r: 9, p: 1 },
      { logN: 10, r: 8193, p: 1 },
      { logN: Number.NaN, r: 8, p: 1 },
    ]) {
      await expectRejection('INVALID_ARGUMENT', createVault({ passphrase: 'x', parameters }, seededRandom('bounds')));
    }
  });

  it('uses scrypt with N = 2^17, r = 8, p = 1 unless told otherwise, and reports progress', async () => {
    const progress: number[] = [];
    const unlock = { passphrase: 'slow', onProgress: (done: number) => progress.push(done) };
    const { header, keys } = await createVault(unlock, seededRandom('default'));
    const { kdf, salt, nonce, wrappedKey } = decodeVaultHeader(header);
    expect(kdf).toEqual({ kind: 'passphrase', parameters: DEFAULT_SCRYPT_PARAMETERS });
    expect(DEFAULT_SCRYPT_PARAMETERS).toEqual({ logN: 17, r: 8, p: 1 });
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));

    // The same by Node's scrypt, byte by byte as §2 and §3 have it.
    const kek = scryptSync('slow', salt, 32, { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 });
    const associatedData = concat(utf8('secret-chat/v1/vault/header'), header.subarray(0, 72));
    expect(xchachaOpen(kek, nonce, wrappedKey, associatedData)).toEqual(keys.vaultKey.expose());
  });
});

describe('a vault with a key file', () => {
  it('opens with it, and with no other', async () => {
    const { header, keys } = await createVault(keyFile(7), seededRandom('file'));
    expect(header.length).toBe(VAULT_HEADER_SIZE);
    expect(bytesOf(await openVault(header, keyFile(7)))).toEqual(bytesOf(keys));
    await expectRejection('WRONG_PASSPHRASE', openVault(header, keyFile(8)));
  });

  it('leaves the key file to the caller', async () => {
    const unlock = keyFile(7);
    await createVault(unlock, seededRandom('file'));
    expect(unlock.keyFile.expose()).toEqual(new Uint8Array(32).fill(7));
  });

  it('wraps under HKDF of the key file', async () => {
    const { header, keys } = await createVault(keyFile(7), seededRandom('file'));
    const { salt, nonce, wrappedKey } = decodeVaultHeader(header);
    const kek = hkdfSha512(new Uint8Array(32).fill(7), salt, LABEL.vaultKeyFile, 32);
    const associatedData = concat(LABEL.vaultHeader, header.subarray(0, 72));
    expect(xchachaOpen(kek, nonce, wrappedKey, associatedData)).toEqual(keys.vaultKey.expose());
  });

  it('refuses a key file of a wrong size', async () => {
    for (const size of [0, 31, 33]) {
      const unlock = { keyFile: new Secret<'key-file'>(new Uint8Array(size)) };
      await expectRejection('INVALID_ARGUMENT', createVault(unlock, seededRandom('size')));
    }
  });
});

describe('the other kind of unlock', () => {
  it('is told from a wrong one', async () => {
    const byPassphrase = await createVault(passphrase('x'), seededRandom('a'));
    const byKeyFile = await createVault(keyFile(1), seededRandom('b'));
    await expectRejection('MISMATCH', openVault(byPassphrase.header, keyFile(1)));
    await expectRejection('MISMATCH', openVault(byKeyFile.header, { passphrase: 'x' }));
  });
});

describe('a change of the unlock', () => {
  it('keeps the keys and refuses the old unlock', async () => {
    const random = seededRandom('rewrap');
    const { header, keys } = await createVault(passphrase('old'), random);
    const second = await rewrapVault(keys, passphrase('new'), random);
    expect(bytesOf(await openVault(second, { passphrase: 'new' }))).toEqual(bytesOf(keys));
    await expectRejection('WRONG_PASSPHRASE', openVault(second, { passphrase: 'old' }));
    const third = await rewrapVault(keys, keyFile(3), random);
    expect(bytesOf(await openVault(third, keyFile(3)))).toEqual(bytesOf(keys));
    // The honest limit of §5: an old header opens with the old passphrase.
    expect(bytesOf(await openVault(header, { passphrase: 'old' }))).toEqual(bytesOf(keys));
  });

  it('draws a new salt and nonce, even for the same passphrase', async () => {
    const random = seededRandom('fresh');
    const { header, keys } = await createVault(passphrase('same'), random);
    const a = decodeVaultHeader(header);
    const b = decodeVaultHeader(await rewrapVault(keys, passphrase('same'), random));
    expect(a.salt).not.toEqual(b.salt);
    expect(a.nonce).not.toEqual(b.nonce);
    expect(a.wrappedKey).not.toEqual(b.wrappedKey);
  });
});

describe('the keys', () => {
  it('are gone after wipe', async () => {
    const { keys } = await createVault(keyFile(1), seededRandom('wipe'));
    const lent = keys.recordKey.expose();
    keys.wipe();
    expect(lent).toEqual(new Uint8Array(32));
    for (const key of [keys.vaultKey, keys.recordKey, keys.nameKey, keys.wrapKey]) {
      expectCode('SECRET_WIPED', () => key.expose());
    }
    await expectRejection('SECRET_WIPED', rewrapVault(keys, keyFile(1), seededRandom('wipe')));
  });

  it('are wiped when the vault cannot be made', async () => {
    const drawn: Uint8Array[] = [];
    const random = (length: number): Uint8Array => {
      drawn.push(new Uint8Array(length).fill(1));
      return drawn.at(-1) as Uint8Array;
    };
    await expectRejection('INVALID_ARGUMENT', createVault(passphrase(''), random));
    expect(drawn[0]).toEqual(new Uint8Array(32));
  });
});

describe('a header', () => {
  it('has the layout of §2', async () => {
    const { header } = await createVault(passphrase('x'), seededRandom('layout'));
    expect([...header.subarray(0, 16)]).toEqual([...utf8('SC-VAULT'), 1, 1, 10, 1, 0, 0, 0, 8]);
    const decoded = decodeVaultHeader(header);
    expect(concat(header.subarray(0, 16), decoded.salt, decoded.nonce, decoded.wrappedKey)).toEqual(header);
    const other = await createVault(keyFile(1), seededRandom('layout'));
    expect([...other.header.subarray(0, 16)]).toEqual([...utf8('SC-VAULT'), 1, 2, 0, 0, 0, 0, 0, 0]);
  });

  it('is refused when truncated, followed by more, or foreign', async () => {
    const { header } = await createVault(keyFile(1), seededRandom('bad'));
    for (let length = 0; length < header.length; length++) {
      expectCode('MALFORMED', () => decodeVaultHeader(header.subarray(0, length)));
    }
    expectCode('MALFORMED', () => decodeVaultHeader(concat(header, Uint8Array.of(0))));
    expectCode('MALFORMED', () => decodeVaultHeader(concat(utf8('SQLite format 3\0'), header)));
    await expectRejection('MALFORMED', openVault(new Uint8Array(VAULT_HEADER_SIZE), keyFile(1)));
  });

  it('of another version is refused as such, whatever its size', async () => {
    const { header } = await createVault(keyFile(1), seededRandom('version'));
    expectCode('UNSUPPORTED_VERSION', () => decodeVaultHeader(header.with(8, 2)));
    expectCode('UNSUPPORTED_VERSION', () => decodeVaultHeader(header.with(8, 0).subarray(0, 50)));
  });

  it('cannot eat the machine: parameters out of bounds are refused before scrypt runs', async () => {
    const { header } = await createVault(passphrase('x'), seededRandom('hostile'));
    const byPassphrase = (logN: number, p: number, r: number): Uint8Array => {
      const hostile = header.slice();
      hostile.set([1, logN, p], 9);
      new DataView(hostile.buffer).setUint32(12, r);
      return hostile;
    };
    for (const [logN, p, r] of [
      [9, 1, 8],
      [21, 1, 1],
      [255, 1, 8],
      [20, 1, 9],
      [20, 1, 0xffff_ffff],
      [10, 1, 0],
      [10, 0, 8],
      [10, 5, 8],
      [10, 255, 8],
    ] as const) {
      expectCode('MALFORMED', () => decodeVaultHeader(byPassphrase(logN, p, r)));
    }
    for (const [logN, p, r] of [
      [20, 4, 8],
      [10, 4, 8192],
    ] as const) {
      expect(decodeVaultHeader(byPassphrase(logN, p, r)).kdf).toEqual({
        kind: 'passphrase',
        parameters: { logN, r, p },
      });
    }
  });

  it('with an unknown key derivation, or a key file and parameters, is refused', async () => {
    const { header } = await createVault(keyFile(1), seededRandom('kdf'));
    for (const hostile of [
      header.with(9, 0),
      header.with(9, 3),
      header.with(10, 1),
      header.with(11, 1),
      header.with(15, 1),
    ]) {
      expectCode('MALFORMED', () => decodeVaultHeader(hostile));
    }
  });

  it('does not open with any bit changed', async () => {
    const { header } = await createVault(keyFile(1), seededRandom('flip'));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: VAULT_HEADER_SIZE - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (i, bit) => {
          const changed = header.with(i, (header[i] as number) ^ (1 << bit));
          const error = await openVault(changed, keyFile(1)).catch((reason: unknown) => reason);
          expect(error).toBeInstanceOf(CryptoError);
          const expected = i < 8 || (i > 8 && i < 16) ? ['MALFORMED', 'MISMATCH'] : ['WRONG_PASSPHRASE'];
          expect(i === 8 ? ['UNSUPPORTED_VERSION'] : expected).toContain((error as CryptoError).code);
        },
      ),
      { numRuns: 300 },
    );
  });
});
