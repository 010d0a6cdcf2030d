import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Secret } from '../../src/index.ts';

type Primitives = typeof import('../../src/primitives/index.ts');

const bytes = (size: number) => new Uint8Array(size);

/** The package as it is before libsodium's WebAssembly was compiled. */
let early: Primitives;

beforeAll(async () => {
  vi.resetModules();
  vi.doMock('libsodium-wrappers', () => ({ default: { ready: Promise.resolve() } }));
  early = await import('../../src/primitives/index.ts');
});

afterAll(() => {
  vi.doUnmock('libsodium-wrappers');
  vi.resetModules();
});

/** Every function that needs libsodium, with arguments of the right size. */
const calls: Record<string, (primitives: Primitives) => unknown> = {
  ed25519KeyPair: (p) => p.ed25519KeyPair(bytes(32)),
  ed25519Sign: (p) => p.ed25519Sign(bytes(1), new Secret(bytes(64))),
  ed25519Verify: (p) => p.ed25519Verify(bytes(64), bytes(1), bytes(32)),
  ed25519ToX25519Public: (p) => p.ed25519ToX25519Public(bytes(32)),
  ed25519ToX25519Private: (p) => p.ed25519ToX25519Private(new Secret(bytes(64))),
  'X25519KeyPair.publicKey': (p) => new p.X25519KeyPair(bytes(32)).publicKey,
  'X25519KeyPair.agree': (p) => new p.X25519KeyPair(bytes(32)).agree(bytes(32)),
  base64UrlEncode: (p) => p.base64UrlEncode(bytes(1)),
  base64UrlDecode: (p) => p.base64UrlDecode('AA'),
  mlKem768KeyPair: (p) => p.mlKem768KeyPair(bytes(64)),
  mlKem768Encapsulate: (p) => p.mlKem768Encapsulate(bytes(1184), bytes(32)),
  mlKem768Decapsulate: (p) => p.mlKem768Decapsulate(bytes(1088), new Secret(bytes(2400))),
  'XWingKeyPair.publicKey': (p) => new p.XWingKeyPair(bytes(32)).publicKey,
  'XWingKeyPair.decapsulate': (p) => new p.XWingKeyPair(bytes(32)).decapsulate(bytes(1120)),
  xWingEncapsulate: (p) => p.xWingEncapsulate(bytes(1216), bytes(64)),
  xchachaSeal: (p) => p.xchachaSeal(bytes(32), bytes(24), bytes(1), bytes(0)),
  xchachaOpen: (p) => p.xchachaOpen(bytes(32), bytes(24), bytes(17), bytes(0)),
  xchachaTryOpen: (p) => p.xchachaTryOpen(bytes(32), bytes(24), bytes(17), bytes(0)),
};

test.each(Object.entries(calls))('%s says what to wait for, and nothing about keys', (_, call) => {
  expect(() => call(early)).toThrow(expect.objectContaining({ code: 'NOT_READY' }));
});
