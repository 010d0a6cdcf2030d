/**
 * Where X25519 (RFC 7748) comes from: libsodium everywhere, Node's own where it passes a self-test.
 *
 * Measured on Node 20 and 22: 107 µs a shared secret and 46 µs a public key in libsodium's WebAssembly; with Node, 49 µs
 * for taking over a private key with its public one, and then 53 µs a shared secret. On Node 24 both are about equal.
 *
 * @module
 */

import { base64UrlDecode, base64UrlEncode } from './base64url.ts';
import { constantTimeEqual } from './constant-time.ts';
import { findNodeCrypto, type NodeCrypto, type NodeKey } from './node-crypto.ts';
import { libsodium } from './sodium.ts';

/** A private key, ready for use. */
export interface X25519Handle {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes; throws when they would be all zeros (RFC 7748 §6.1). */
  agree(publicKey: Uint8Array): Uint8Array;
}

export interface X25519Engine {
  readonly name: 'sodium' | 'node';
  /** `privateKey` stays the caller's; the handle may go on reading it. */
  open(privateKey: Uint8Array): X25519Handle;
}

export const sodiumX25519: X25519Engine = {
  name: 'sodium',
  open: (privateKey) => ({
    publicKey: libsodium().crypto_scalarmult_base(privateKey),
    agree: (publicKey) => libsodium().crypto_scalarmult(privateKey, publicKey),
  }),
};

/** Node computes the public key from `d`; the `x` that RFC 8037 demands beside it is not looked at. */
const ANY_X: string = 'A'.repeat(43);

/**
 * Node takes raw keys quickest as JWK (RFC 8037); as DER it takes eight times as long. The price: the private key is for
 * a moment a string, which cannot be wiped, as libsodium's copy of it in WebAssembly's memory cannot be.
 */
export function nodeX25519(node: NodeCrypto): X25519Engine {
  const jwk = (fields: object) => ({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', ...fields } }) as const;
  return {
    name: 'node',
    open(privateKey) {
      const own: NodeKey = node.createPrivateKey(jwk({ d: base64UrlEncode(privateKey), x: ANY_X }));
      const publicKey = base64UrlDecode(node.createPublicKey(own).export({ format: 'jwk' }).x ?? '');
      if (publicKey === undefined) {
        throw new TypeError('the platform gave no public key');
      }
      return {
        publicKey,
        agree(other) {
          const theirs = node.createPublicKey(jwk({ x: base64UrlEncode(other) }));
          const { buffer, byteOffset, length } = node.diffieHellman({ privateKey: own, publicKey: theirs });
          // A view, so that who wipes it wipes the only copy.
          return new Uint8Array(buffer, byteOffset, length);
        },
      };
    },
  };
}

let chosen: X25519Engine | undefined;

/** Node's engine if it answers like libsodium's, else libsodium's; decided at the first use. */
export function platformX25519(): X25519Engine {
  chosen ??= choose(findNodeCrypto());
  return chosen;
}

/** Exported for its test. */
export function choose(node: NodeCrypto | undefined): X25519Engine {
  if (node === undefined) {
    return sodiumX25519;
  }
  const engine = nodeX25519(node);
  return answersLike(engine, sodiumX25519) ? engine : sodiumX25519;
}

function answersLike(engine: X25519Engine, reference: X25519Engine): boolean {
  const privateKey = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
  const expected = reference.open(privateKey);
  try {
    const handle = engine.open(privateKey);
    return (
      constantTimeEqual(handle.publicKey, expected.publicKey) &&
      constantTimeEqual(handle.agree(expected.publicKey), expected.agree(expected.publicKey))
    );
  } catch {
    return false;
  }
}
