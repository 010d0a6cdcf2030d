/**
 * The key agreement: PQXDH (Signal's specification, revision 3, §3.3) with X-Wing as its KEM.
 *
 * Spec: docs/protocol/handshake.md §2.
 *
 * @module
 */

import { concat } from '../bytes.ts';
import { LABEL } from '../labels.ts';
import { hkdfSha512, type X25519KeyPair } from '../primitives/index.ts';
import { Secret } from '../secret.ts';

const SECRET_SIZE = 32;
const NO_SALT: Uint8Array = new Uint8Array(0);

/** PQXDH §2.2: `F`, 32 bytes of 0xFF for Curve25519, which no public key starts with. */
const PREFIX: Uint8Array = new Uint8Array(32).fill(0xff);

/** A private key of this side and a public key of the other. */
export type DhPair = readonly [own: X25519KeyPair, other: Uint8Array];

/**
 * `SK = HKDF-SHA-512(F ‖ DH1 ‖ DH2 ‖ DH3 ‖ [DH4] ‖ ss, salt empty, info = label ‖ transcript hash)`, 32 bytes.
 *
 * @param pairs for DH1, DH2, DH3 and, with a one-time prekey, DH4, in this order on both sides
 * @throws {@link CryptoError} `INVALID_KEY` for a public key that X25519 refuses
 */
export function agree(
  pairs: readonly DhPair[],
  kemShared: Secret<'x-wing-shared'>,
  transcriptHash: Uint8Array,
): Secret<'handshake'> {
  const shared: Uint8Array[] = [];
  try {
    for (const [own, other] of pairs) {
      shared.push(own.agree(other));
    }
    const input = concat(PREFIX, ...shared, kemShared.expose());
    shared.push(input);
    return new Secret(hkdfSha512(input, NO_SALT, concat(LABEL.handshake, transcriptHash), SECRET_SIZE));
  } finally {
    for (const each of shared) {
      each.fill(0);
    }
  }
}
