import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ciphertextSize,
  cobblestoneEncrypt,
  decryptStream,
  encryptStream,
  type StreamOptions,
} from '../../src/file/index.ts';
import { CryptoError } from '../../src/index.ts';
import { expectRejection } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { naiveEncrypt } from './naive-cobblestone.ts';
import { blocks, collect, drain, NODE, PROVIDERS, reusedBlocks } from './sources.ts';

const random = seededRandom('stream');
const KEY = random(32);
const SALT = random(24);
const CONTEXT = new Uint8Array(0);
const SEALED_CHUNK = 16_400;

/** 70 chunks: one block of output and a part of a second. */
const PLAINTEXT = random(70 * 16_384 - 5_000);
const CIPHERTEXT = naiveEncrypt(KEY, SALT, CONTEXT, PLAINTEXT);

function encrypt(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>, options: StreamOptions) {
  return encryptStream(KEY, SALT, CONTEXT, source, options);
}

function decrypt(source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>, options: StreamOptions) {
  return decryptStream(KEY, CONTEXT, source, options);
}

describe.each(PROVIDERS)('with the provider $name', (provider) => {
  test('streams equal whole messages at every boundary', async () => {
    for (const size of [0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 1_048_575, 1_048_576, 1_048_577]) {
      const plaintext = PLAINTEXT.subarray(0, size);
      const whole = await cobblestoneEncrypt(KEY, SALT, CONTEXT, plaintext, provider);
      expect(whole.length).toBe(ciphertextSize(size));
      const sealed = await collect(encrypt(blocks(plaintext, 65_536), { provider }));
      expect(Buffer.compare(sealed, whole)).toBe(0);
      const opened = await collect(decrypt(blocks(whole, 65_536), { provider }));
      expect(Buffer.compare(opened, plaintext)).toBe(0);
    }
  });

  test('blocks of any sizes, empty ones too, give the same bytes', async () => {
    const size = fc.oneof(
      fc.constantFrom(0, 1, 55, 56, 57, 16_383, 16_384, 16_385, 16_400, 16_401, 65_536, 1_048_576, 2_000_000),
      fc.nat(100_000),
    );
    const sizes = fc.array(size, { maxLength: 12 }).map((some) => [...some, 100_000]);
    await fc.assert(
      fc.asyncProperty(sizes, async (split) => {
        const sealed = await collect(encrypt(blocks(PLAINTEXT, ...split), { provider }));
        expect(Buffer.compare(sealed, CIPHERTEXT)).toBe(0);
        const opened = await collect(decrypt(blocks(CIPHERTEXT, ...split), { provider }));
        expect(Buffer.compare(opened, PLAINTEXT)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test('a source may fill one buffer again and again', async () => {
    for (const size of [1_000, 16_384, 16_400, 100_000, 1_048_576]) {
      const sealed = await collect(encrypt(reusedBlocks(PLAINTEXT, size), { provider }));
      expect(Buffer.compare(sealed, CIPHERTEXT)).toBe(0);
      const opened = await collect(decrypt(reusedBlocks(CIPHERTEXT, size), { provider }));
      expect(Buffer.compare(opened, PLAINTEXT)).toBe(0);
    }
  });

  test('whatever was changed is refused, and only what is true is passed on', async () => {
    const chunk = fc.nat(69);
    const chunkAt = (k: number) => CIPHERTEXT.subarray(56 + k * SEALED_CHUNK, 56 + (k + 1) * SEALED_CHUNK);
    const without = (k: number) =>
      Buffer.concat([CIPHERTEXT.subarray(0, 56 + k * SEALED_CHUNK), CIPHERTEXT.subarray(56 + (k + 1) * SEALED_CHUNK)]);
    const flip = fc.nat(CIPHERTEXT.length * 8 - 1).map((bit) => {
      const changed = CIPHERTEXT.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      return changed;
    });
    const cut = fc.nat(CIPHERTEXT.length - 1).map((length) => CIPHERTEXT.slice(0, length));
    const cutAtChunk = chunk.map((k) => CIPHERTEXT.slice(0, 56 + k * SEALED_CHUNK));
    const swap = fc
      .tuple(fc.nat(68), fc.nat(68))
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => {
        const changed = CIPHERTEXT.slice();
        changed.set(chunkAt(a), 56 + b * SEALED_CHUNK);
        changed.set(chunkAt(b), 56 + a * SEALED_CHUNK);
        return changed;
      });
    const missing = chunk.map((k) => new Uint8Array(without(k)));
    const repeated = fc.nat(68).map((k) => {
      const at = 56 + k * SEALED_CHUNK;
      return new Uint8Array(Buffer.concat([CIPHERTEXT.subarray(0, at), chunkAt(k), CIPHERTEXT.subarray(at)]));
    });
    const trailing = fc
      .uint8Array({ minLength: 1, maxLength: 20_000 })
      .map((more) => new Uint8Array(Buffer.concat([CIPHERTEXT, more])));
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(flip, cut, cutAtChunk, swap, missing, repeated, trailing),
        fc.constantFrom(16_400, 65_536, 1_048_576, 3_000_000),
        async (changed, split) => {
          const { bytes, error } = await drain(decrypt(blocks(changed, split), { provider }));
          expect(error).toBeInstanceOf(CryptoError);
          expect((error as CryptoError).code).toMatch(/^(AUTHENTICATION_FAILED|TRUNCATED)$/);
          expect(bytes.length).toBeLessThan(PLAINTEXT.length);
          expect(Buffer.compare(bytes, PLAINTEXT.subarray(0, bytes.length))).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('blocks of output have about 1 MiB, whatever the input’s have, and none is empty', async () => {
  for (const split of [100, 16_384, 65_536, 100_000, 1_048_576, 2_000_000]) {
    for (const stream of [
      encrypt(blocks(PLAINTEXT, split), { provider: NODE }),
      decrypt(blocks(CIPHERTEXT, split), { provider: NODE }),
    ]) {
      const sizes: number[] = [];
      for await (const block of stream) {
        sizes.push(block.length);
      }
      expect(Math.max(...sizes)).toBeLessThanOrEqual(56 + 64 * SEALED_CHUNK);
      expect(Math.min(...sizes)).toBeGreaterThan(0);
      // The first of them nearly full.
      expect(sizes.length).toBeLessThanOrEqual(3);
      expect(sizes[0]).toBeGreaterThan(850_000);
    }
  }
  expect(await collect(decrypt(encrypt(blocks(CONTEXT), { provider: NODE }), { provider: NODE }))).toEqual(CONTEXT);
});

test('a message cut at a chunk, in its header, or in its last tag is truncated', async () => {
  for (const length of [0, 1, 55, 56, 57, 71, 56 + SEALED_CHUNK, 56 + SEALED_CHUNK + 15, 56 + 69 * SEALED_CHUNK]) {
    const { error } = await drain(decrypt(blocks(CIPHERTEXT.subarray(0, length), 1_000), { provider: NODE }));
    expect(error).toMatchObject({ code: 'TRUNCATED' });
  }
});

test('64 MiB and more stream in bounded memory', async () => {
  const total = 256 * 1_048_576;
  const zeros = new Uint8Array(65_536);
  let made = 0;
  let taken = 0;
  let most = 0;
  let between = 0;
  async function* plaintext(): AsyncGenerator<Uint8Array> {
    for (; made < total; made += zeros.length) {
      // Bytes that went in and did not come out again.
      most = Math.max(most, made - taken);
      yield zeros;
    }
  }
  async function* counted(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const block of source) {
      between += block.length;
      yield block;
    }
  }
  const sealed = counted(encrypt(plaintext(), { provider: NODE }));
  const expected = Buffer.alloc(1_048_576);
  for await (const block of decrypt(sealed, { provider: NODE })) {
    taken += block.length;
    expect(expected.subarray(0, block.length).equals(block)).toBe(true);
  }
  expect(made).toBe(total);
  expect(taken).toBe(total);
  expect(between).toBe(ciphertextSize(total));
  expect(most).toBeLessThanOrEqual(3 * 1_048_576);
});

describe('sources', () => {
  /** Remembers that it was closed. */
  function watched(): { source: AsyncIterable<Uint8Array>; closed: () => boolean } {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield new Uint8Array(65_536);
        }
      } finally {
        closed = true;
      }
    }
    return { source: source(), closed: () => closed };
  }

  /** A stream as browsers have it that cannot iterate over one. */
  function withoutIterator(stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    return { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>;
  }

  test('may be a ReadableStream, with or without its iterator', async () => {
    for (const wrap of [withoutIterator, (it: ReadableStream<Uint8Array>) => it]) {
      const stream = () => wrap(new Blob([PLAINTEXT as Uint8Array<ArrayBuffer>]).stream());
      const sealed = await collect(encrypt(stream(), { provider: NODE }));
      expect(Buffer.compare(sealed, CIPHERTEXT)).toBe(0);
    }
  });

  test('a ReadableStream that is left early is cancelled', async () => {
    for (const wrap of [withoutIterator, (it: ReadableStream<Uint8Array>) => it]) {
      let cancelled = false;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
        cancel: () => {
          cancelled = true;
        },
      });
      const sealed = encrypt(wrap(stream), { provider: NODE });
      await sealed.next();
      await sealed.return();
      expect(cancelled).toBe(true);
    }
  });

  test('a source that fails makes the stream fail with its error', async () => {
    const failure = new Error('the disk is gone');
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(10)),
      pull: () => {
        throw failure;
      },
    });
    const { error } = await drain(encrypt(withoutIterator(stream), { provider: NODE }));
    expect(error).toBe(failure);
  });

  test('are closed when the stream is left or fails', async () => {
    const left = watched();
    for await (const _ of encrypt(left.source, { provider: NODE })) {
      break;
    }
    expect(left.closed()).toBe(true);

    const failed = watched();
    await expectRejection('AUTHENTICATION_FAILED', collect(decrypt(failed.source, { provider: NODE })));
    expect(failed.closed()).toBe(true);
  });

  test('must yield Uint8Array', async () => {
    async function* text(): AsyncGenerator<Uint8Array> {
      yield 'text' as unknown as Uint8Array;
    }
    await expectRejection('INVALID_ARGUMENT', collect(encrypt(text(), { provider: NODE })));
  });

  test('a signal ends the stream with its reason and closes the source', async () => {
    const reason = new Error('enough');
    for (const stream of [encrypt, decrypt]) {
      const { source, closed } = watched();
      const { error } = await drain(stream(source, { provider: NODE, signal: AbortSignal.abort(reason) }));
      expect(error).toBe(reason);
      expect(closed()).toBe(true);
    }
    const { error } = await drain(encrypt(blocks(CONTEXT), { provider: NODE, signal: AbortSignal.abort(reason) }));
    expect(error).toBe(reason);
    for (const run of [
      (source: AsyncIterable<Uint8Array>, signal: AbortSignal) => encrypt(source, { provider: NODE, signal }),
      (source: AsyncIterable<Uint8Array>, signal: AbortSignal) =>
        decrypt(encrypt(source, { provider: NODE }), { provider: NODE, signal }),
    ]) {
      const { source, closed } = watched();
      const controller = new AbortController();
      let count = 0;
      const outcome = (async () => {
        for await (const _ of run(source, controller.signal)) {
          count++;
          controller.abort(reason);
        }
      })();
      await expect(outcome).rejects.toBe(reason);
      expect(count).toBe(1);
      expect(closed()).toBe(true);
    }
  });

  test('a signal is looked at within one large block, too', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    let bytes = 0;
    const outcome = (async () => {
      for await (const block of encrypt(blocks(new Uint8Array(2 ** 24), 2 ** 24), {
        provider: NODE,
        signal: controller.signal,
      })) {
        bytes += block.length;
        controller.abort(reason);
      }
    })();
    await expect(outcome).rejects.toBe(reason);
    expect(bytes).toBeLessThan(3 * 2 ** 20);
  });
});
