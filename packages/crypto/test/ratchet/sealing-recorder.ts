import sodium from 'libsodium-wrappers';

/** One encryption: a copy of its key and nonce, and how long the plaintext was. */
export interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly plaintextSize: number;
}

type Seal = typeof sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;

/** Plaintext sizes of a request's header and of all others; bodies have 1526, 1695 or 13,983 bytes. */
const HEADER_SIZES: readonly number[] = [1225, 2345];

/** Records every XChaCha20-Poly1305 encryption of the process while it is open. */
export class SealingRecorder {
  readonly sealings: Sealing[] = [];
  readonly #seal: Seal = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;

  // A bare replacement, not a spy: that would keep every plaintext and ciphertext too.
  constructor() {
    const record = (message: Uint8Array, data: Uint8Array, _: null, nonce: Uint8Array, key: Uint8Array) => {
      // Copies: the keys are wiped after use.
      this.sealings.push({ key: key.slice(), nonce: nonce.slice(), plaintextSize: message.length });
      return this.#seal(message, data, null, nonce, key);
    };
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt = record as Seal;
  }

  /** Keys that sealed bodies, in the order of use. */
  get messageKeys(): Uint8Array[] {
    return this.sealings.filter(({ plaintextSize }) => !HEADER_SIZES.includes(plaintextSize)).map(({ key }) => key);
  }

  /** How often a pair of key and nonce was used that had been used before. */
  get repeats(): number {
    const pairs = this.sealings.map(({ key, nonce }) => Buffer.concat([key, nonce]).toString('base64'));
    return pairs.length - new Set(pairs).size;
  }

  close(): void {
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt = this.#seal;
  }
}
