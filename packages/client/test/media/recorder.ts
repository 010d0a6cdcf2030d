/** Around AES-256-GCM: every key and nonce with which something was encrypted, and what. */

import { createHash } from 'node:crypto';
import { type Aes256GcmProvider, platformAes256Gcm } from '@secret-chat/crypto';

export class Recorder implements Aes256GcmProvider {
  readonly name = 'node';
  /** Chunks that were sealed. */
  seals = 0;
  /** Pairs of key and nonce that saw a second plaintext. */
  readonly conflicts: string[] = [];
  readonly #plaintexts = new Map<string, string>();
  readonly #inner: Aes256GcmProvider = platformAes256Gcm();

  get pairs(): number {
    return this.#plaintexts.size;
  }

  async importKey(key: Uint8Array) {
    const name = Buffer.from(key).toString('hex');
    const inner = await this.#inner.importKey(key);
    return {
      seal: (nonce: Uint8Array, plaintext: Uint8Array, out: Uint8Array) => {
        this.seals += 1;
        const pair = `${name} ${Buffer.from(nonce).toString('hex')}`;
        const hash = createHash('sha256').update(plaintext).digest('hex');
        const before = this.#plaintexts.get(pair);
        if (before !== undefined && before !== hash) {
          this.conflicts.push(pair);
        }
        this.#plaintexts.set(pair, hash);
        return inner.seal(nonce, plaintext, out);
      },
      open: (nonce: Uint8Array, ciphertext: Uint8Array, out: Uint8Array) => inner.open(nonce, ciphertext, out),
    };
  }
}
