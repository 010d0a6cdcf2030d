/**
 * The device-side cryptography of secret-chat: bytes and state in, bytes and state out.
 *
 * Await {@link ready} once before the first call. Spec: docs/protocol/.
 *
 * @module
 */

export * from './content/index.ts';
export * from './envelope/index.ts';
export { CryptoError, type CryptoErrorCode } from './errors.ts';
export * from './file/index.ts';
export * from './fingerprint/index.ts';
export * from './handshake/index.ts';
export * from './identity/index.ts';
export * from './invite/index.ts';
export * from './primitives/index.ts';
export * from './ratchet/index.ts';
export { Secret } from './secret.ts';
export * from './timer/index.ts';
export * from './vault/index.ts';
