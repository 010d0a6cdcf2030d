import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileInputKey } from '../../src/file/file-key.ts';
import {
  decryptFile,
  encryptFile,
  encryptStream,
  MAX_FILE_SIZE,
  newFileKey,
  newFileSalt,
  openFileCiphertext,
  openFileReader,
  PiecePlan,
  paddedCiphertextSize,
  paddedSize,
} from '../../src/file/index.ts';
import { Secret } from '../../src/index.ts';
import { LABEL } from '../../src/labels.ts';
import { expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { blocks, collect, drain, memorySource, NODE, PROVIDERS } from './sources.ts';

const random = seededRandom('file');
const fileKey = newFileKey(random);
const salt = newFileSalt(random);
const options = { provider: NODE };

function sealed(plaintext: Uint8Array): Promise<Uint8Array> {
  return collect(encryptFile(fileKey, salt, plaintext.length, blocks(plaintext, 65_536), options));
}

test('the worked example of the document', async () => {
  const doc = readFileSync(new URL('../../../../docs/protocol/files.md', import.meta.url), 'utf8');
  const lines = (doc.split('## 9.')[1] ?? '').matchAll(/^(\S.*?) += ([0-9a-f]+)$/gm);
  const values = new Map([...lines].map(([, name, value]) => [name, value]));
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  const key: Secret<'file-key'> = new Secret(Uint8Array.from({ length: 32 }, (_, i) => i));
  const fixedSalt = Uint8Array.from({ length: 24 }, (_, i) => 64 + i);
  const plaintext = Uint8Array.from({ length: 1_100_000 }, (_, i) => i % 251);
  const ciphertext = await collect(encryptFile(key, fixedSalt, 1_100_000, blocks(plaintext, 100_000), options));
  const plan = new PiecePlan(key, 1_100_000);
  expect(values.size).toBe(12);
  expect(plan.count).toBe(3);
  for (const [name, bytes] of [
    ['fk', key.expose()],
    ['salt', fixedSalt],
    ['input key', fileInputKey(key).expose()],
    ['commitment', ciphertext.subarray(24, 56)],
    ['first chunk begins', ciphertext.subarray(56, 72)],
    ['last tag', ciphertext.subarray(-16)],
    ['SHA-256(ciphertext)', createHash('sha256').update(ciphertext).digest()],
    ['id 0', plan.piece(0).id],
    ['id 1', plan.piece(1).id],
    ['delete token 0', plan.piece(0).deleteToken],
  ] as const) {
    expect(hex(bytes), name).toBe(values.get(name));
  }
});

test('keys and salts are random and have their sizes', () => {
  const key = newFileKey(random);
  expect(key.length).toBe(32);
  expect(newFileSalt(random).length).toBe(24);
  expect(key.expose()).not.toEqual(newFileKey(random).expose());
});

describe.each(PROVIDERS)('with the provider $name', (provider) => {
  test('files of every size go through', async () => {
    for (const size of [0, 1, 16_383, 16_384, 65_416, 65_417, 65_536, 1_048_575, 1_048_576, 1_048_577]) {
      const plaintext = random(size);
      const ciphertext = await collect(encryptFile(fileKey, salt, size, blocks(plaintext, 65_536), { provider }));
      expect(ciphertext.length).toBe(paddedCiphertextSize(size));
      expect(ciphertext.subarray(0, 24)).toEqual(salt);
      const opened = await collect(decryptFile(fileKey, size, blocks(ciphertext, 65_536), { provider }));
      expect(Buffer.compare(opened, plaintext)).toBe(0);

      const reader = await openFileReader(fileKey, size, memorySource(ciphertext), provider);
      expect(reader.size).toBe(size);
      expect(Buffer.compare(await reader.read(0, size), plaintext)).toBe(0);
      await expectRejection('INVALID_ARGUMENT', reader.read(size, 1));
    }
  });

  test('pieces made again, in any order, are those of the stream', async () => {
    const plaintext = random(1_300_000);
    const ciphertext = await sealed(plaintext);
    const plan = new PiecePlan(fileKey, plaintext.length);
    expect(plan.count).toBe(5);
    for (const index of [3, 0, 4, 2, 1, 0]) {
      const source = memorySource(plaintext);
      const view = await openFileCiphertext(fileKey, salt, source, provider);
      expect(view.size).toBe(plan.size);
      const { offset, length } = plan.piece(index);
      const piece = await view.read(offset, length);
      expect(Buffer.compare(piece, ciphertext.subarray(offset, offset + length))).toBe(0);
      // Chunks at both ends of the piece are read whole.
      const count = source.reads.reduce((sum, read) => sum + read.length, 0);
      expect(count).toBeLessThanOrEqual(length + 2 * 16_384);
    }
  });
});

test('any range of a file can be read', async () => {
  const plaintext = random(300_000);
  const source = memorySource(await sealed(plaintext));
  const reader = await openFileReader(fileKey, plaintext.length, source, NODE);
  await fc.assert(
    fc.asyncProperty(fc.nat(300_000), fc.nat(300_000), async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      expect(Buffer.compare(await reader.read(from, to - from), plaintext.subarray(from, to))).toBe(0);
    }),
  );
});

test('a source with more or fewer bytes than announced is refused', async () => {
  for (const size of [999, 1_001]) {
    const sealing = encryptFile(fileKey, salt, size, blocks(random(1_000), 100), options);
    await expectRejection('SIZE_MISMATCH', collect(sealing));
  }
  const short = { size: 1_000, read: async () => new Uint8Array(999) };
  const view = await openFileCiphertext(fileKey, salt, short, NODE);
  await expectRejection('SIZE_MISMATCH', view.read(0, view.size));
});

test('sizes that no file has, and wrong keys and salts, are refused', async () => {
  const large = { size: MAX_FILE_SIZE + 1, read: async () => new Uint8Array(0) };
  await expectRejection('INVALID_ARGUMENT', collect(encryptFile(fileKey, salt, -1, blocks(random(0)), options)));
  await expectRejection('INVALID_ARGUMENT', collect(encryptFile(fileKey, random(23), 0, blocks(random(0)), options)));
  await expectRejection('INVALID_ARGUMENT', collect(decryptFile(fileKey, 0.5, blocks(random(0)), options)));
  await expectRejection('INVALID_ARGUMENT', openFileReader(fileKey, MAX_FILE_SIZE + 1, large, NODE));
  await expectRejection('INVALID_ARGUMENT', openFileCiphertext(fileKey, salt, large, NODE));
  await expectRejection('INVALID_ARGUMENT', openFileCiphertext(new Secret(random(16)), salt, memorySource(salt), NODE));
});

describe('a ciphertext', () => {
  const plaintext = random(100_000);

  test('that is damaged, swapped, or of another key does not authenticate', async () => {
    const ciphertext = await sealed(plaintext);
    await fc.assert(
      fc.asyncProperty(fc.nat(ciphertext.length * 8 - 1), async (bit) => {
        const changed = ciphertext.slice();
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        const { bytes, error } = await drain(decryptFile(fileKey, plaintext.length, blocks(changed, 65_536), options));
        expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
        expect(bytes.length).toBe(0);
      }),
    );
    const other = newFileKey(random);
    const opening = decryptFile(other, plaintext.length, blocks(ciphertext, 65_536), options);
    await expectRejection('AUTHENTICATION_FAILED', collect(opening));
    const reading = openFileReader(other, plaintext.length, memorySource(ciphertext), NODE);
    await expectRejection('AUTHENTICATION_FAILED', reading);
  });

  test('that ends early is truncated, wherever it ends', async () => {
    const ciphertext = await sealed(plaintext);
    for (const length of [0, 30, 56, 16_456, 65_536, 100_000, ciphertext.length - 1]) {
      const cut = ciphertext.subarray(0, length);
      await expectRejection('TRUNCATED', collect(decryptFile(fileKey, plaintext.length, blocks(cut, 16_384), options)));
      await expectRejection('TRUNCATED', openFileReader(fileKey, plaintext.length, memorySource(cut), NODE));
    }
  });

  test('that goes on is refused without reading on', async () => {
    const ciphertext = await sealed(plaintext);
    let count = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield ciphertext;
      for (;;) {
        count++;
        yield new Uint8Array(65_536);
      }
    }
    await expectRejection('MALFORMED', collect(decryptFile(fileKey, plaintext.length, endless(), options)));
    expect(count).toBe(1);
    const longer = memorySource(new Uint8Array(Buffer.concat([ciphertext, new Uint8Array(65_536)])));
    await expectRejection('MALFORMED', openFileReader(fileKey, plaintext.length, longer, NODE));
  });

  test('of a file whose padding is not zeros, or whose size is another, is refused', async () => {
    // What a dishonest sender could make.
    const padded = new Uint8Array(paddedSize(plaintext.length));
    padded.set(plaintext);
    padded[padded.length - 1] = 1;
    const key = fileInputKey(fileKey).expose();
    const forged = await collect(encryptStream(key, salt, LABEL.fileContext, blocks(padded, 65_536), options));
    await expectRejection(
      'MALFORMED',
      collect(decryptFile(fileKey, plaintext.length, blocks(forged, 65_536), options)),
    );
    const ciphertext = await sealed(plaintext);
    await expectRejection('MALFORMED', collect(decryptFile(fileKey, 99_999, blocks(ciphertext, 65_536), options)));
    await expectRejection('MALFORMED', collect(decryptFile(fileKey, 10, blocks(ciphertext, 65_536), options)));
    await expectRejection('TRUNCATED', collect(decryptFile(fileKey, 200_000, blocks(ciphertext, 65_536), options)));
  });
});

test('a signal ends both directions', async () => {
  const reason = new Error('enough');
  const signal = AbortSignal.abort(reason);
  const sealing = encryptFile(fileKey, salt, 100, blocks(random(100), 10), { provider: NODE, signal });
  expect((await drain(sealing)).error).toBe(reason);
  const opening = decryptFile(fileKey, 100, blocks(random(65_536), 65_536), { provider: NODE, signal });
  expect((await drain(opening)).error).toBe(reason);
});

test('the file key may be wiped once the first block came', async () => {
  const key = newFileKey(random);
  const stream = encryptFile(key, salt, 100, blocks(random(100), 10), options);
  await stream.next();
  key.wipe();
  expect((await drain(stream)).error).toBeUndefined();
  await expectRejection('SECRET_WIPED', collect(encryptFile(key, salt, 0, blocks(random(0)), options)));
});
