import { describe, expect, test } from 'vitest';
import { concat, utf8 } from '../../src/bytes.ts';
import {
  ed25519KeyPair,
  ed25519Sign,
  ed25519ToX25519Private,
  ed25519ToX25519Public,
  ed25519Verify,
  sha512,
  X25519KeyPair,
} from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';
import { fromHex, toHex } from '../support/third-party.ts';

/** Order of the base point B, and the field's prime. */
const L = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
const P = 2n ** 255n - 19n;

const random = seededRandom('ed25519');
const pair = ed25519KeyPair(random(32));
const message = utf8('message');

test('what was signed verifies, and nothing else', () => {
  const signature = ed25519Sign(message, pair.privateKey);
  expect(signature).toEqual(ed25519Sign(message, pair.privateKey));
  ed25519Verify(signature, message, pair.publicKey);
  expectCode('INVALID_SIGNATURE', () => ed25519Verify(signature, utf8('another'), pair.publicKey));
  expectCode('INVALID_SIGNATURE', () => ed25519Verify(signature.subarray(1), message, pair.publicKey));
});

test('the X25519 keys of an identity belong together', () => {
  const mapped = new X25519KeyPair(ed25519ToX25519Private(pair.privateKey).expose());
  expect(mapped.publicKey).toEqual(ed25519ToX25519Public(pair.publicKey));
});

test('the map loses the sign of x, so a negated key maps to the same X25519 key', () => {
  const negated = pair.publicKey.slice();
  negated[31] = (negated[31] as number) ^ 0x80;
  expect(ed25519ToX25519Public(negated)).toEqual(ed25519ToX25519Public(pair.publicKey));
});

describe('forgeries that satisfy the bare equation S·B = R + h·A', () => {
  const NEUTRAL = Uint8Array.of(1, ...new Uint8Array(31));
  const seed = random(32);
  const { publicKey } = ed25519KeyPair(seed);
  /** The number a with `publicKey` = a·B (RFC 8032 §5.1.5). */
  const scalar = fromLittleEndian(Uint8Array.from(sha512(seed).subarray(0, 32), clamp));

  test('under a public key of small order, any R = r·B and S = r fit every message', () => {
    expectCode('INVALID_SIGNATURE', () =>
      ed25519Verify(concat(publicKey, toLittleEndian(scalar % L)), message, NEUTRAL),
    );
  });

  test('with R of small order, S = h·a', () => {
    const h = fromLittleEndian(sha512(concat(NEUTRAL, publicKey, message)));
    const forged = concat(NEUTRAL, toLittleEndian((h * scalar) % L));
    expectCode('INVALID_SIGNATURE', () => ed25519Verify(forged, message, publicKey));
  });

  test('the arithmetic of these two is right: with R = r·B, S = r + h·a verifies', () => {
    const other = random(32);
    const R = ed25519KeyPair(other).publicKey;
    const r = fromLittleEndian(Uint8Array.from(sha512(other).subarray(0, 32), clamp));
    const h = fromLittleEndian(sha512(concat(R, publicKey, message)));
    ed25519Verify(concat(R, toLittleEndian((r + h * scalar) % L)), message, publicKey);
  });
});

test('a key outside the main subgroup is no identity', () => {
  // (x, y) + (0, -1) = (-x, -y): the same point with a component of order two.
  const y = P - (fromLittleEndian(pair.publicKey) % 2n ** 255n);
  const mixed = toLittleEndian(y);
  mixed[31] = (mixed[31] as number) | (~(pair.publicKey[31] as number) & 0x80);
  expectCode('INVALID_KEY', () => ed25519ToX25519Public(mixed));
});

test.each([
  ['the neutral point', Uint8Array.of(1, ...new Uint8Array(31))],
  ['a point of order two', Uint8Array.of(0xec, ...new Uint8Array(30).fill(0xff), 0x7f)],
  ['no point at all', Uint8Array.of(2, ...new Uint8Array(31))],
])('%s is no identity', (_, publicKey) => {
  expectCode('INVALID_KEY', () => ed25519ToX25519Public(publicKey));
});

test('wrong sizes', () => {
  expectCode('INVALID_ARGUMENT', () => ed25519KeyPair(new Uint8Array(31)));
  expectCode('INVALID_ARGUMENT', () => ed25519Verify(new Uint8Array(64), message, new Uint8Array(33)));
  expectCode('INVALID_ARGUMENT', () => ed25519ToX25519Public(new Uint8Array(31)));
});

function clamp(byte: number, index: number): number {
  return index === 0 ? byte & 0xf8 : index === 31 ? (byte & 0x7f) | 0x40 : byte;
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function toLittleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).reverse();
}
