/**
 * Node's own `crypto`, where there is one: the same bytes as the portable providers, faster.
 *
 * Found at run time, not imported, so that bundles for browsers stay free of Node's modules. Typed here, as far as it
 * is used, so that this package needs no Node types.
 *
 * @module
 */

/** The part of Node's `crypto` that is used. */
export interface NodeCrypto {
  createSecretKey(key: Uint8Array): object;
  createCipheriv(name: 'aes-256-gcm', key: object, nonce: Uint8Array): NodeCipher;
  createDecipheriv(name: 'aes-256-gcm', key: object, nonce: Uint8Array, options: object): NodeCipher;
  createHash(name: 'sha256'): NodeHash;
  hkdfSync(hash: 'sha512', input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): ArrayBuffer;
  createPrivateKey(key: { format: 'jwk'; key: object }): NodeKey;
  createPublicKey(key: { format: 'jwk'; key: object } | NodeKey): NodeKey;
  diffieHellman(keys: { privateKey: NodeKey; publicKey: NodeKey }): Uint8Array;
}

interface NodeCipher {
  update(data: Uint8Array): Uint8Array;
  final(): Uint8Array;
  getAuthTag(): Uint8Array;
  setAuthTag(tag: Uint8Array): void;
}

interface NodeHash {
  update(data: Uint8Array): NodeHash;
  digest(): Uint8Array;
}

/** A key object; its memory is OpenSSL's, which clears it when the object is collected. */
export interface NodeKey {
  export(options: { format: 'jwk' }): { readonly x?: string };
}

/** `undefined` on other platforms. */
export function findNodeCrypto(): NodeCrypto | undefined {
  const host = globalThis as { process?: { getBuiltinModule?: (name: 'crypto') => NodeCrypto | undefined } };
  // Looked at closely: in a browser any element of the page with the id `process` becomes such a global.
  const find = host.process?.getBuiltinModule;
  return typeof find === 'function' ? find('crypto') : undefined;
}
