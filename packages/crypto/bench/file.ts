/** The file cipher in memory, beside typage, an implementation of the age format in TypeScript. */

import { Decrypter, Encrypter } from 'age-encryption';
import {
  decryptFile,
  encryptFile,
  newFileKey,
  newFileSalt,
  platformAes256Gcm,
  Secret,
  systemRandom,
} from '../src/index.ts';
import type { Benchmark } from './benchmark.ts';

const SIZE = 64 * 1024 * 1024;
const BLOCK_SIZE = 1024 * 1024;
const CALLS = 9;
/** typage is slow enough that a quarter tells as much. */
const PEER_SIZE: number = SIZE / 4;

/** The plaintext as a file is read: block by block. */
async function* blocks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += BLOCK_SIZE) {
    yield bytes.subarray(offset, offset + BLOCK_SIZE);
  }
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let total = 0;
  for await (const block of stream) {
    total += block.length;
  }
  return total;
}

/** age with a raw file key, so that only its payload encryption is timed. */
async function ageEncrypter(): Promise<Encrypter> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(1);
  encrypter.setPassphrase('benchmark');
  return encrypter;
}

export const file: readonly Benchmark[] = [
  {
    name: 'file-encrypt-64MiB',
    unit: 'ms',
    bytes: SIZE,
    calls: CALLS,
    setup() {
      const plaintext = new Uint8Array(SIZE).fill(0x5a);
      const provider = platformAes256Gcm();
      return async () => {
        const [key, salt] = [newFileKey(systemRandom), newFileSalt(systemRandom)];
        await drain(encryptFile(key, salt, SIZE, blocks(plaintext), { provider }));
      };
    },
  },
  {
    name: 'file-decrypt-64MiB',
    unit: 'ms',
    bytes: SIZE,
    calls: CALLS,
    async setup() {
      const provider = platformAes256Gcm();
      const key = systemRandom(32);
      const parts: Uint8Array[] = [];
      const fresh = () => new Secret<'file-key'>(key.slice());
      const source = blocks(new Uint8Array(SIZE).fill(0x5a));
      for await (const block of encryptFile(fresh(), newFileSalt(systemRandom), SIZE, source, { provider })) {
        parts.push(block);
      }
      const ciphertext = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
      return async () => {
        const total = await drain(decryptFile(fresh(), SIZE, blocks(ciphertext), { provider }));
        if (total !== SIZE) {
          throw new Error(`${total} bytes came back`);
        }
      };
    },
  },
  {
    name: 'peer-typage-encrypt-16MiB',
    unit: 'ms',
    bytes: PEER_SIZE,
    calls: 5,
    async setup() {
      const plaintext = new Uint8Array(PEER_SIZE).fill(0x5a);
      const encrypter = await ageEncrypter();
      return () => encrypter.encrypt(plaintext);
    },
  },
  {
    name: 'peer-typage-decrypt-16MiB',
    unit: 'ms',
    bytes: PEER_SIZE,
    calls: 5,
    async setup() {
      const encrypter = await ageEncrypter();
      const ciphertext = await encrypter.encrypt(new Uint8Array(PEER_SIZE).fill(0x5a));
      const decrypter = new Decrypter();
      decrypter.addPassphrase('benchmark');
      return () => decrypter.decrypt(ciphertext);
    },
  },
];
