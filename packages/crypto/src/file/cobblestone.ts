/**
 * Cobblestone-256: C2SP chunked encryption (c2sp.org/chunked-encryption v1) with AES-256-GCM and SHA-512.
 *
 * A message is `salt 24 ‖ commitment 32 ‖ chunks`: 16384 bytes of plaintext and a 16-byte tag in each chunk, the
 * last one always shorter, so that its length marks the end. It commits to its key, streams, and can be read at
 * any offset.
 *
 * Spec: docs/protocol/files.md §3.
 *
 * @module
 */

import { concat, copyOf, utf8 } from '../bytes.ts';
import { CryptoError } from '../errors.ts';
import {
  AES_256_GCM_KEY_SIZE,
  AES_256_GCM_NONCE_SIZE,
  AES_256_GCM_TAG_SIZE,
  type Aes256GcmKey,
  type Aes256GcmProvider,
  constantTimeEqual,
  hkdfExpandSha512,
  requireSize,
} from '../primitives/index.ts';

/** Of the input key, in bytes. */
export const COBBLESTONE_KEY_SIZE = 32;
/** In bytes; every message begins with it. */
export const COBBLESTONE_SALT_SIZE = 24;
const COBBLESTONE_COMMITMENT_SIZE = 32;
/** `salt ‖ commitment`. */
export const COBBLESTONE_HEADER_SIZE = 56;
/** Plaintext of a chunk; the last chunk has 0 to 16383 bytes. */
export const COBBLESTONE_CHUNK_SIZE = 16_384;
/** Ciphertext of a chunk; the last chunk has 16 to 16399 bytes. */
export const COBBLESTONE_SEALED_CHUNK_SIZE = 16_400;
/** The counter has 38 bits, so that 58 bits of the base nonce are the same for a whole message. */
export const COBBLESTONE_MAX_CHUNKS: number = 2 ** 38;

/** Number of chunks in a batch: 1 MiB of plaintext. */
export const BATCH_CHUNKS = 64;

const MAX_PLAINTEXT_SIZE: number = COBBLESTONE_MAX_CHUNKS * COBBLESTONE_CHUNK_SIZE - 1;

/** §3.1: a zero byte ends the name of the AEAD. */
const INFO_PREFIX: Uint8Array = utf8('c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0');

/** What §3.1 derives for one message. */
export interface CobblestoneKeys {
  /** 32 bytes, AES-256-GCM. */
  readonly key: Uint8Array;
  /** 12 bytes. */
  readonly baseNonce: Uint8Array;
  /** 32 bytes. */
  readonly commitment: Uint8Array;
}

/** Size of the whole message: 56 bytes, the plaintext, and 16 bytes a chunk (§3.3). */
export function ciphertextSize(plaintextSize: number): number {
  if (!Number.isSafeInteger(plaintextSize) || plaintextSize < 0 || plaintextSize > MAX_PLAINTEXT_SIZE) {
    throw new CryptoError('INVALID_ARGUMENT', 'plaintext size must be an integer of 0 to 2^52-1');
  }
  const chunks = Math.floor(plaintextSize / COBBLESTONE_CHUNK_SIZE) + 1;
  return COBBLESTONE_HEADER_SIZE + plaintextSize + chunks * AES_256_GCM_TAG_SIZE;
}

/**
 * Undoes {@link ciphertextSize} (§3.3).
 *
 * @throws {@link CryptoError} `TRUNCATED` for sizes that no message has: less than the header, or without room for a
 * tag after the last whole chunk
 */
export function plaintextSize(ciphertextSize: number): number {
  if (!Number.isSafeInteger(ciphertextSize) || ciphertextSize < 0) {
    throw new CryptoError('INVALID_ARGUMENT', 'ciphertext size must be an integer of 0 to 2^53-1');
  }
  const sealed = ciphertextSize - COBBLESTONE_HEADER_SIZE;
  const wholeChunks = Math.floor(sealed / COBBLESTONE_SEALED_CHUNK_SIZE);
  // Below the header's size the remainder is negative.
  if (sealed % COBBLESTONE_SEALED_CHUNK_SIZE < AES_256_GCM_TAG_SIZE) {
    throw truncated();
  }
  if (wholeChunks >= COBBLESTONE_MAX_CHUNKS) {
    throw new CryptoError('INVALID_ARGUMENT', 'a message has at most 2^38 chunks');
  }
  return sealed - (wholeChunks + 1) * AES_256_GCM_TAG_SIZE;
}

/**
 * `key ‖ base nonce ‖ commitment` of one message (§3.1).
 *
 * @param inputKey 32 uniformly random bytes
 * @param salt 24 bytes, never twice under one input key
 * @param context any length
 */
export function deriveCobblestoneKeys(inputKey: Uint8Array, salt: Uint8Array, context: Uint8Array): CobblestoneKeys {
  requireSize(inputKey, COBBLESTONE_KEY_SIZE, 'Cobblestone-256 input key');
  requireSize(salt, COBBLESTONE_SALT_SIZE, 'Cobblestone-256 salt');
  const nonceAt = AES_256_GCM_KEY_SIZE;
  const commitmentAt = nonceAt + AES_256_GCM_NONCE_SIZE;
  const info = concat(INFO_PREFIX, salt, context);
  const keys = hkdfExpandSha512(inputKey, info, commitmentAt + COBBLESTONE_COMMITMENT_SIZE);
  return {
    key: keys.subarray(0, nonceAt),
    baseNonce: keys.subarray(nonceAt, commitmentAt),
    commitment: keys.subarray(commitmentAt),
  };
}

/**
 * `base nonce XOR chunk number`, 12 bytes (§3.2).
 *
 * @throws {@link CryptoError} `INVALID_ARGUMENT` from chunk 2^38 on
 */
export function chunkNonce(baseNonce: Uint8Array, chunk: number): Uint8Array {
  if (!Number.isSafeInteger(chunk) || chunk < 0 || chunk >= COBBLESTONE_MAX_CHUNKS) {
    throw new CryptoError('INVALID_ARGUMENT', 'a message has at most 2^38 chunks');
  }
  const nonce = copyOf(baseNonce);
  // JavaScript's XOR has 32 bits: the upper 6 of the 38 are taken apart.
  const view = new DataView(nonce.buffer);
  view.setUint8(7, view.getUint8(7) ^ Math.floor(chunk / 0x1_0000_0000));
  view.setUint32(8, view.getUint32(8) ^ (chunk % 0x1_0000_0000));
  return nonce;
}

/** Seals and opens runs of chunks of one message, whose key it holds. */
export class ChunkCipher {
  readonly #key: Aes256GcmKey;
  readonly #baseNonce: Uint8Array;

  /** `baseNonce`: 12 bytes, kept. */
  constructor(key: Aes256GcmKey, baseNonce: Uint8Array) {
    this.#key = key;
    this.#baseNonce = baseNonce;
  }

  /**
   * Seals `plaintext` as chunks `first`, `first + 1` and so on.
   *
   * The size of `out` says how many: 16 bytes a chunk more than `plaintext`. Only a last chunk may be short.
   */
  seal(first: number, plaintext: Uint8Array, out: Uint8Array): void | Promise<void> {
    return eachChunk(out.length, (i) =>
      this.#key.seal(chunkNonce(this.#baseNonce, first + i), plaintextChunk(plaintext, i), sealedChunk(out, i)),
    );
  }

  /**
   * Opens chunks `first`, `first + 1` and so on; `out` is 16 bytes a chunk smaller than `ciphertext`.
   *
   * On failure `out` may hold the chunks that did authenticate: drop it.
   *
   * @throws {@link CryptoError} `AUTHENTICATION_FAILED`, thrown or as a rejection
   */
  open(first: number, ciphertext: Uint8Array, out: Uint8Array): void | Promise<void> {
    return eachChunk(ciphertext.length, (i) =>
      this.#key.open(chunkNonce(this.#baseNonce, first + i), sealedChunk(ciphertext, i), plaintextChunk(out, i)),
    );
  }
}

/** A message that is about to be sealed. */
export interface NewMessage {
  /** `salt ‖ commitment`, 56 bytes. */
  readonly header: Uint8Array;
  readonly chunks: ChunkCipher;
}

/** Starts a message; arguments as in {@link deriveCobblestoneKeys}. */
export async function newMessage(
  inputKey: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  provider: Aes256GcmProvider,
): Promise<NewMessage> {
  const keys = deriveCobblestoneKeys(inputKey, salt, context);
  return { header: concat(salt, keys.commitment), chunks: await importKeys(keys, provider) };
}

/**
 * Opens a message by its 56-byte header; the commitment is checked here, before any chunk (§3.1).
 *
 * @throws {@link CryptoError} `TRUNCATED` or `AUTHENTICATION_FAILED`
 */
export async function openMessage(
  inputKey: Uint8Array,
  header: Uint8Array,
  context: Uint8Array,
  provider: Aes256GcmProvider,
): Promise<ChunkCipher> {
  requireSize(inputKey, COBBLESTONE_KEY_SIZE, 'Cobblestone-256 input key');
  if (header.length !== COBBLESTONE_HEADER_SIZE) {
    throw truncated();
  }
  const keys = deriveCobblestoneKeys(inputKey, header.subarray(0, COBBLESTONE_SALT_SIZE), context);
  if (!constantTimeEqual(keys.commitment, header.subarray(COBBLESTONE_SALT_SIZE))) {
    keys.key.fill(0);
    throw new CryptoError('AUTHENTICATION_FAILED', 'ciphertext does not authenticate');
  }
  return importKeys(keys, provider);
}

/** The whole message, {@link ciphertextSize} bytes; arguments as in {@link deriveCobblestoneKeys}. */
export async function cobblestoneEncrypt(
  inputKey: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
  provider: Aes256GcmProvider,
): Promise<Uint8Array> {
  const { header, chunks } = await newMessage(inputKey, salt, context, provider);
  const out = new Uint8Array(ciphertextSize(plaintext.length));
  out.set(header);
  await chunks.seal(0, plaintext, out.subarray(COBBLESTONE_HEADER_SIZE));
  return out;
}

/**
 * The plaintext of a whole message.
 *
 * @throws {@link CryptoError} `TRUNCATED` or `AUTHENTICATION_FAILED`
 */
export async function cobblestoneDecrypt(
  inputKey: Uint8Array,
  context: Uint8Array,
  ciphertext: Uint8Array,
  provider: Aes256GcmProvider,
): Promise<Uint8Array> {
  const chunks = await openMessage(inputKey, ciphertext.subarray(0, COBBLESTONE_HEADER_SIZE), context, provider);
  const out = new Uint8Array(plaintextSize(ciphertext.length));
  await chunks.open(0, ciphertext.subarray(COBBLESTONE_HEADER_SIZE), out);
  return out;
}

/** What every length error of a ciphertext says. */
export function truncated(): CryptoError {
  return new CryptoError('TRUNCATED', 'ciphertext ends early');
}

async function importKeys(keys: CobblestoneKeys, provider: Aes256GcmProvider): Promise<ChunkCipher> {
  try {
    return new ChunkCipher(await provider.importKey(keys.key), keys.baseNonce);
  } finally {
    keys.key.fill(0);
  }
}

/**
 * Runs `step` for each chunk, and waits only if one of them gave a promise: an await costs more than a chunk. After a failure too
 * it waits for all of them, since they write to the caller's memory.
 */
function eachChunk(sealedSize: number, step: (index: number) => void | Promise<void>): void | Promise<void> {
  const pending: Promise<void>[] = [];
  for (let i = 0; i * COBBLESTONE_SEALED_CHUNK_SIZE < sealedSize; i++) {
    const result = step(i);
    if (result !== undefined) {
      pending.push(result);
    }
  }
  return pending.length === 0 ? undefined : settledAll(pending);
}

async function settledAll(pending: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(pending);
  await Promise.all(pending);
}

/** Chunk `i` of plaintext; short or empty if it is the last. */
function plaintextChunk(plaintext: Uint8Array, i: number): Uint8Array {
  return plaintext.subarray(i * COBBLESTONE_CHUNK_SIZE, (i + 1) * COBBLESTONE_CHUNK_SIZE);
}

/** Chunk `i` of ciphertext. */
function sealedChunk(ciphertext: Uint8Array, i: number): Uint8Array {
  return ciphertext.subarray(i * COBBLESTONE_SEALED_CHUNK_SIZE, (i + 1) * COBBLESTONE_SEALED_CHUNK_SIZE);
}
