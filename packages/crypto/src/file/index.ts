/**
 * The file cipher.
 *
 * @module
 */

export type { ByteSource, RandomAccessSource } from './byte-source.ts';
export { ChunkCheck } from './chunk-check.ts';
export { CiphertextView } from './ciphertext-view.ts';
export {
  COBBLESTONE_CHUNK_SIZE,
  COBBLESTONE_HEADER_SIZE,
  COBBLESTONE_KEY_SIZE,
  COBBLESTONE_SALT_SIZE,
  COBBLESTONE_SEALED_CHUNK_SIZE,
  ciphertextSize,
  cobblestoneDecrypt,
  cobblestoneEncrypt,
  plaintextSize,
} from './cobblestone.ts';
export * from './file.ts';
export { FILE_KEY_SIZE, type FileKey, newFileKey, newFileSalt } from './file-key.ts';
export { MAX_FILE_SIZE, paddedCiphertextSize, paddedSize } from './padding.ts';
export * from './pieces.ts';
export { CobblestoneReader } from './reader.ts';
export { decryptStream, encryptStream, type StreamOptions } from './stream.ts';
