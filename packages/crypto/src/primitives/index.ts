/**
 * The one door through which cryptographic primitives enter this package.
 *
 * Nothing else imports a cryptographic library, so that a faster provider of the same bytes has one place to go.
 *
 * @module
 */

export * from './aes-256-gcm.ts';
export * from './base64url.ts';
export * from './constant-time.ts';
export * from './ed25519.ts';
export * from './hash.ts';
export * from './ml-kem-768.ts';
export * from './random.ts';
export * from './scrypt.ts';
export { requireSize } from './size.ts';
export { ready } from './sodium.ts';
export * from './x-wing.ts';
export { requireX25519PublicKey, X25519_KEY_SIZE, X25519KeyPair } from './x25519.ts';
export * from './xchacha20-poly1305.ts';
