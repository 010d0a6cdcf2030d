import { expect } from 'vitest';
import { X25519KeyPair } from '../../src/index.ts';
import { findNodeCrypto, type NodeCrypto } from '../../src/primitives/node-crypto.ts';
import { nodeX25519, sodiumX25519 } from '../../src/primitives/x25519-engine.ts';
import { expectCode } from '../support/errors.ts';
import { fromHex, toHex } from '../support/third-party.ts';
import { wycheproof } from '../support/wycheproof.ts';

const engines = [sodiumX25519, nodeX25519(findNodeCrypto() as NodeCrypto)];

/** Where this package is stricter than RFC 7748, which accepts both (conventions §6). */
const REFUSED = ['LowOrderPublic', 'NonCanonicalPublic'];

wycheproof<{ public: string; private: string; shared: string }>('x25519_test.json', (vector) => {
  for (const engine of engines) {
    const run = () => new X25519KeyPair(fromHex(vector.private), engine).agree(fromHex(vector.public));
    if (vector.flags?.some((flag) => REFUSED.includes(flag))) {
      expectCode('INVALID_KEY', run);
    } else {
      expect(vector.result).not.toBe('invalid');
      expect(toHex(run())).toBe(vector.shared);
    }
  }
});
