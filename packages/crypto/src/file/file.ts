/**
 * Files: padded, encrypted under a key of their own, streamed or read at any offset.
 *
 * Spec: docs/protocol/files.md §6, §7.
 *
 * **Under one (file key, salt) a chunk is encrypted from exactly one plaintext** (§6.1). A new file takes a new file
 * key and a new salt; the same pair is used a second time only to make the very same ciphertext again.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { LABEL } from '../labels.ts';
import type { Aes256GcmProvider } from '../primitives/index.ts';
import { type ByteSource, exactly, type RandomAccessSource, requireRange } from './byte-source.ts';
import { CiphertextView } from './ciphertext-view.ts';
import { type FileKey, fileInputKey } from './file-key.ts';
import { paddedCiphertextSize, padSource, padStream, unpadStream } from './padding.ts';
import { CobblestoneReader } from './reader.ts';
import { decryptStream, encryptStream, type StreamOptions } from './stream.ts';

/**
 * The ciphertext of a file, exactly {@link paddedCiphertextSize} bytes in blocks of any size (§6).
 *
 * Nothing happens, and nothing is checked, before the first block is asked for; `fileKey` must live until then.
 *
 * @param salt 24 bytes of {@link newFileSalt}
 * @param size what `plaintext` holds, in bytes; 0 to 2^36
 * @throws {@link CryptoError} `SIZE_MISMATCH` when `plaintext` holds more or fewer bytes; what was yielded is then
 * useless, and neither file key nor salt may be used again
 *
 * @example
 * ```ts
 * const fileKey = newFileKey(systemRandom);
 * const salt = newFileSalt(systemRandom);
 * for await (const block of encryptFile(fileKey, salt, size, source, { provider: platformAes256Gcm() })) {
 *   await spool.write(block);
 * }
 * ```
 */
export async function* encryptFile(
  fileKey: FileKey,
  salt: Uint8Array,
  size: number,
  plaintext: ByteSource,
  options: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inputKey = fileInputKey(fileKey);
  try {
    yield* encryptStream(inputKey.expose(), salt, LABEL.fileContext, padStream(plaintext, size), options);
  } finally {
    inputKey.wipe();
  }
}

/**
 * The plaintext of a file, exactly `size` bytes in blocks of any size (§7.1).
 *
 * What is yielded did authenticate, but the file is whole only when the stream ends without an error. `fileKey` must
 * live until the first block is asked for.
 *
 * @param size as the descriptor says, in bytes; 0 to 2^36
 * @throws {@link CryptoError} `TRUNCATED` when the ciphertext ends early, `AUTHENTICATION_FAILED`, or `MALFORMED` when
 * the ciphertext is too long or the padding not all zeros
 *
 * @example
 * ```ts
 * for await (const block of decryptFile(fileKey, size, ciphertext, { provider: platformAes256Gcm() })) {
 *   await draft.write(block);
 * }
 * await draft.rename('received.bin'); // not before the end
 * ```
 */
export async function* decryptFile(
  fileKey: FileKey,
  size: number,
  ciphertext: ByteSource,
  options: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const sealed = exactly(ciphertext, paddedCiphertextSize(size), 'the ciphertext', 'TRUNCATED', 'MALFORMED');
  const inputKey = fileInputKey(fileKey);
  try {
    yield* unpadStream(decryptStream(inputKey.expose(), LABEL.fileContext, sealed, options), size);
  } finally {
    inputKey.wipe();
  }
}

/**
 * The ciphertext of a file at any offset, to make pieces again when an upload resumes (§6.2).
 *
 * The caller answers for §6.1: before a piece leaves, its SHA-256 is durable, and a piece that was made again and
 * differs is never sent.
 *
 * @param fileKey used only until this resolves
 * @param salt the 24 bytes that the upload began with
 * @throws {@link CryptoError} `INVALID_ARGUMENT` for a plaintext of more than 2^36 bytes
 *
 * @example
 * ```ts
 * const view = await openFileCiphertext(fileKey, salt, plaintext, platformAes256Gcm());
 * const { offset, length } = new PiecePlan(fileKey, plaintext.size).piece(index);
 * const piece = await view.read(offset, length);
 * ```
 */
export async function openFileCiphertext(
  fileKey: FileKey,
  salt: Uint8Array,
  plaintext: RandomAccessSource,
  provider: Aes256GcmProvider,
): Promise<RandomAccessSource> {
  const inputKey = fileInputKey(fileKey);
  try {
    return await CiphertextView.open(inputKey.expose(), salt, LABEL.fileContext, padSource(plaintext), provider);
  } finally {
    inputKey.wipe();
  }
}

/**
 * The plaintext of a file at any offset; its size is authenticated, its padding beyond that not looked at (§7.2).
 *
 * @param fileKey used only until this resolves
 * @param size as the descriptor says, in bytes; 0 to 2^36
 * @throws {@link CryptoError} `TRUNCATED` or `MALFORMED` when `ciphertext` is too short or too long for such a file;
 * the rest as {@link CobblestoneReader.open}
 *
 * @example
 * ```ts
 * const reader = await openFileReader(fileKey, size, ciphertext, platformAes256Gcm());
 * const tail = await reader.read(size - 100, 100);
 * ```
 */
export async function openFileReader(
  fileKey: FileKey,
  size: number,
  ciphertext: RandomAccessSource,
  provider: Aes256GcmProvider,
): Promise<RandomAccessSource> {
  const expected = paddedCiphertextSize(size);
  if (ciphertext.size !== expected) {
    const code = ciphertext.size < expected ? 'TRUNCATED' : 'MALFORMED';
    throw new CryptoError(code, `the ciphertext has ${ciphertext.size} bytes, not ${expected}`);
  }
  const inputKey = fileInputKey(fileKey);
  try {
    const reader = await CobblestoneReader.open(inputKey.expose(), LABEL.fileContext, ciphertext, provider);
    return {
      size,
      async read(offset, length) {
        requireRange(size, offset, length);
        return reader.read(offset, length);
      },
    };
  } finally {
    inputKey.wipe();
  }
}
