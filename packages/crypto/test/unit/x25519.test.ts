import { describe, expect, test } from 'vitest';
import { requireX25519PublicKey, X25519KeyPair } from '../../src/index.ts';
import { findNodeCrypto, type NodeCrypto } from '../../src/primitives/node-crypto.ts';
import { choose, nodeX25519, platformX25519, sodiumX25519 } from '../../src/primitives/x25519-engine.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { fromHex } from '../support/third-party.ts';

const node = findNodeCrypto() as NodeCrypto;
const engines = [sodiumX25519, nodeX25519(node)];

const random = seededRandom('x25519');

/** p = 2^255 - 19, little-endian, plus `offset`. */
function p(offset: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0xff);
  bytes[0] = 0xed + offset;
  bytes[31] = 0x7f;
  return bytes;
}

test('both sides agree', () => {
  const [a, b] = [new X25519KeyPair(random(32)), new X25519KeyPair(random(32))];
  expect(a.agree(b.publicKey)).toEqual(b.agree(a.publicKey));
});

test('libsodium and Node give the same bytes', () => {
  for (let i = 0; i < 50; i++) {
    const [own, other] = [random(32), new X25519KeyPair(random(32)).publicKey];
    const [sodium, native] = engines.map((engine) => new X25519KeyPair(own.slice(), engine));
    expect(native?.publicKey).toEqual(sodium?.publicKey);
    expect(native?.agree(other)).toEqual(sodium?.agree(other));
  }
});

test('Node is used where it answers like libsodium, and libsodium elsewhere', () => {
  expect(platformX25519().name).toBe('node');
  expect(choose(undefined)).toBe(sodiumX25519);
  const wrong = { ...node, diffieHellman: () => new Uint8Array(32) };
  expect(choose({ ...wrong, createPrivateKey: node.createPrivateKey, createPublicKey: node.createPublicKey })).toBe(
    sodiumX25519,
  );
  const without = {
    ...node,
    createPrivateKey: () => ({ export: () => ({}) }),
    createPublicKey: () => ({ export: () => ({}) }),
  };
  expect(choose(without)).toBe(sodiumX25519);
});

test('a wiped key is of no use', () => {
  const pair = new X25519KeyPair(random(32));
  const { publicKey } = pair;
  pair.wipe();
  expectCode('SECRET_WIPED', () => pair.publicKey);
  expectCode('SECRET_WIPED', () => pair.agree(publicKey));
});

describe('canonical encodings', () => {
  test.each([
    ['p - 2', p(-2)],
    ['2^255 - 2^247 - 1', p(0).fill(0xfe, 30, 31)],
    ['nine', Uint8Array.of(9, ...new Uint8Array(31))],
  ])('%s is one', (_, key) => {
    requireX25519PublicKey(key);
  });

  test.each([
    ['p', p(0)],
    ['p + 1', p(1)],
    ['2^255 - 1', p(18)],
    ['nine with bit 255', Uint8Array.of(9, ...new Uint8Array(30), 0x80)],
  ])('%s is none', (_, key) => {
    expectCode('INVALID_KEY', () => requireX25519PublicKey(key));
    expectCode('INVALID_KEY', () => new X25519KeyPair(random(32)).agree(key));
  });
});

// The canonical ones of the points of order 1, 2, 4 and 8: https://cr.yp.to/ecdh.html#validate
test.each([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])('low order: %s', (hex) => {
  expectCode('INVALID_KEY', () => requireX25519PublicKey(fromHex(hex)));
  for (const engine of engines) {
    expectCode('INVALID_KEY', () => new X25519KeyPair(random(32), engine).agree(fromHex(hex)));
  }
});

test('wrong sizes', () => {
  expectCode('INVALID_ARGUMENT', () => new X25519KeyPair(new Uint8Array(31)));
  expectCode('INVALID_ARGUMENT', () => new X25519KeyPair(random(32)).agree(new Uint8Array(31)));
});
