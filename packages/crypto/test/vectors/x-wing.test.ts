import sodium from 'libsodium-wrappers';
import { describe, expect, test } from 'vitest';
import { X_WING_CIPHERTEXT_SIZE, XWingKeyPair, xWingEncapsulate } from '../../src/primitives/index.ts';
import { seededRandom } from '../support/random.ts';
import { fromHex, thirdParty, toHex } from '../support/third-party.ts';

type Vector = Record<'seed' | 'eseed' | 'ss' | 'sk' | 'pk' | 'ct', string>;

const vectors = thirdParty<Vector[]>('xwing_draft.json');

describe.skipIf(vectors === undefined)('draft-connolly-cfrg-xwing-kem', () => {
  test.each(vectors ?? [])('seed $seed', (vector) => {
    const pair = new XWingKeyPair(fromHex(vector.seed));
    expect(toHex(pair.seed.expose())).toBe(vector.sk);
    expect(toHex(pair.publicKey)).toBe(vector.pk);
    const { ciphertext, sharedSecret } = xWingEncapsulate(pair.publicKey, fromHex(vector.eseed));
    expect([toHex(ciphertext), toHex(sharedSecret.expose())]).toEqual([vector.ct, vector.ss]);
    expect(toHex(pair.decapsulate(ciphertext).expose())).toBe(vector.ss);
  });
});

test("libsodium's own X-Wing gives the same, for 50 keys", () => {
  const random = seededRandom('x-wing');
  for (let index = 0; index < 50; index++) {
    const seed = random(32);
    const pair = new XWingKeyPair(seed.slice());
    const theirs = sodium.crypto_kem_xwing_seed_keypair(seed);
    expect(pair.publicKey).toEqual(theirs.publicKey);
    const { ciphertext, sharedSecret } = xWingEncapsulate(pair.publicKey, random(64));
    expect(sharedSecret.expose()).toEqual(sodium.crypto_kem_xwing_dec(ciphertext, theirs.privateKey));
    expect(pair.decapsulate(ciphertext).expose()).toEqual(sharedSecret.expose());

    // Implicit rejection must give the same unrelated secret too.
    const forged = random(X_WING_CIPHERTEXT_SIZE);
    forged[X_WING_CIPHERTEXT_SIZE - 1] = 0x20; // a canonical X25519 half
    expect(pair.decapsulate(forged).expose()).toEqual(sodium.crypto_kem_xwing_dec(forged, theirs.privateKey));
  }
});
