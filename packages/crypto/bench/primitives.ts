/** The primitives as this package calls them, checks included. */

import {
  ed25519KeyPair,
  ed25519Sign,
  ed25519Verify,
  hkdfSha512,
  hmacSha256,
  scrypt,
  systemRandom,
  X25519KeyPair,
  XWingKeyPair,
  xchachaOpen,
  xchachaSeal,
  xWingEncapsulate,
} from '../src/index.ts';
import type { Benchmark } from './benchmark.ts';

const ENVELOPE_SIZE = 4096;
const NOTHING = new Uint8Array(0);

/** The parameters a vault is made with: N = 2^17, r = 8, p = 1. */
const SCRYPT_DEFAULT = { logN: 17, r: 8, p: 1 };

export const primitives: readonly Benchmark[] = [
  {
    name: 'x25519',
    unit: 'µs',
    setup() {
      const [own, other] = [new X25519KeyPair(systemRandom(32)), new X25519KeyPair(systemRandom(32)).publicKey];
      return () => own.agree(other);
    },
  },
  {
    name: 'x-wing-keygen',
    unit: 'µs',
    setup: () => () => new XWingKeyPair(systemRandom(32)).publicKey,
  },
  {
    name: 'x-wing-encapsulate',
    unit: 'µs',
    setup() {
      const { publicKey } = new XWingKeyPair(systemRandom(32));
      return () => xWingEncapsulate(publicKey, systemRandom(64));
    },
  },
  {
    name: 'x-wing-decapsulate',
    unit: 'µs',
    setup() {
      const pair = new XWingKeyPair(systemRandom(32));
      const { ciphertext } = xWingEncapsulate(pair.publicKey, systemRandom(64));
      return () => pair.decapsulate(ciphertext);
    },
  },
  {
    name: 'ed25519-sign-256B',
    unit: 'µs',
    bytes: 256,
    setup() {
      const [message, { privateKey }] = [systemRandom(256), ed25519KeyPair(systemRandom(32))];
      return () => ed25519Sign(message, privateKey);
    },
  },
  {
    name: 'ed25519-verify-256B',
    unit: 'µs',
    bytes: 256,
    setup() {
      const [message, pair] = [systemRandom(256), ed25519KeyPair(systemRandom(32))];
      const signature = ed25519Sign(message, pair.privateKey);
      return () => ed25519Verify(signature, message, pair.publicKey);
    },
  },
  {
    name: 'xchacha20-poly1305-seal-4KiB',
    unit: 'µs',
    bytes: ENVELOPE_SIZE,
    setup() {
      const [key, nonce, plaintext] = [systemRandom(32), systemRandom(24), systemRandom(ENVELOPE_SIZE)];
      return () => xchachaSeal(key, nonce, plaintext, NOTHING);
    },
  },
  {
    name: 'xchacha20-poly1305-open-4KiB',
    unit: 'µs',
    bytes: ENVELOPE_SIZE,
    setup() {
      const [key, nonce] = [systemRandom(32), systemRandom(24)];
      const ciphertext = xchachaSeal(key, nonce, systemRandom(ENVELOPE_SIZE), NOTHING);
      return () => xchachaOpen(key, nonce, ciphertext, NOTHING);
    },
  },
  {
    name: 'hkdf-sha512-96B',
    unit: 'µs',
    setup() {
      const [input, salt, info] = [systemRandom(32), systemRandom(32), systemRandom(32)];
      return () => hkdfSha512(input, salt, info, 96);
    },
  },
  {
    name: 'hmac-sha256-32B',
    unit: 'µs',
    bytes: 32,
    setup() {
      const [key, data] = [systemRandom(32), systemRandom(32)];
      return () => hmacSha256(key, data);
    },
  },
  {
    name: 'scrypt-default',
    unit: 'ms',
    calls: 5,
    setup() {
      const [passphrase, salt] = [systemRandom(16), systemRandom(16)];
      return () => scrypt(passphrase, salt, SCRYPT_DEFAULT, 32);
    },
  },
];
