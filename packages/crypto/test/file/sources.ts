/** Sources of bytes for the tests of the file cipher. */

import type { RandomAccessSource } from '../../src/file/index.ts';
import { nodeAes256Gcm, webAes256Gcm } from '../../src/index.ts';
import type { Aes256GcmProvider } from '../../src/primitives/index.ts';

export const NODE: Aes256GcmProvider = nodeAes256Gcm() as Aes256GcmProvider;
export const WEB: Aes256GcmProvider = webAes256Gcm(crypto.subtle);
export const PROVIDERS: readonly Aes256GcmProvider[] = [NODE, WEB];

/** `bytes` in blocks of `sizes` one after the other, the last size again and again; 0 gives an empty block. */
export async function* blocks(bytes: Uint8Array, ...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for (let i = 0; offset < bytes.length; i++) {
    const size = sizes[Math.min(i, sizes.length - 1)] as number;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

/** Like {@link blocks}, but every block lies in one buffer that is overwritten before the next. */
export async function* reusedBlocks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let offset = 0; offset < bytes.length; offset += size) {
    const part = bytes.subarray(offset, offset + size);
    buffer.fill(0xee);
    buffer.set(part);
    yield buffer.subarray(0, part.length);
    buffer.fill(0xee);
  }
}

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of source) {
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Everything `source` yields until it ends or throws, and what it threw. */
export async function drain(source: AsyncIterable<Uint8Array>): Promise<{ bytes: Uint8Array; error: unknown }> {
  const parts: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const part of source) {
      parts.push(part);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), error };
}

/** A source that can be read at any offset, and remembers what was read. */
export interface MemorySource extends RandomAccessSource {
  readonly reads: { readonly offset: number; readonly length: number }[];
}

export function memorySource(bytes: Uint8Array): MemorySource {
  const reads: { offset: number; length: number }[] = [];
  return {
    size: bytes.length,
    reads,
    async read(offset, length) {
      reads.push({ offset, length });
      return bytes.slice(offset, offset + length);
    },
  };
}

/** A provider that counts the chunks it is given. */
export function countingProvider(provider: Aes256GcmProvider): Aes256GcmProvider & { sealed: number; opened: number } {
  const counting = {
    name: provider.name,
    sealed: 0,
    opened: 0,
    async importKey(bytes: Uint8Array) {
      const key = await provider.importKey(bytes);
      return {
        seal(nonce: Uint8Array, plaintext: Uint8Array, out: Uint8Array) {
          counting.sealed++;
          return key.seal(nonce, plaintext, out);
        },
        open(nonce: Uint8Array, ciphertext: Uint8Array, out: Uint8Array) {
          counting.opened++;
          return key.open(nonce, ciphertext, out);
        },
      };
    },
  };
  return counting;
}
