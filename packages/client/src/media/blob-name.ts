/**
 * Names of blobs: random, so that they say nothing; 16 bytes in records, 32 hexadecimal digits in a store.
 *
 * @module
 */

import type { RandomSource } from '@secret-chat/crypto';
import { BLOB_NAME_SIZE } from './blob-store.ts';

export function newBlobName(random: RandomSource): Uint8Array {
  return random(BLOB_NAME_SIZE);
}

export function blobNameText(name: Uint8Array): string {
  return Array.from(name, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
