/**
 * Root key derivation: what a session starts with, and what each turn mixes in.
 *
 * Spec: docs/protocol/ratchet.md §2 and §3.
 *
 * @module
 */

import { copyOf } from '../bytes.ts';
import { LABEL } from '../labels.ts';
import { hkdfSha512 } from '../primitives/index.ts';
import { Secret } from '../secret.ts';

const KEY_SIZE = 32;
const NO_SALT: Uint8Array = new Uint8Array(0);

/** The keys that the handshake's secret gives. */
export interface InitialKeys {
  readonly rootKey: Secret<'root-key'>;
  /** Chain key of the request, the initiator's first chain. */
  readonly requestChainKey: Secret<'chain-key'>;
  /** Header key of the request. */
  readonly requestHeaderKey: Secret<'header-key'>;
  /** Header key of the initiator's first turn. */
  readonly initiatorHeaderKey: Secret<'header-key'>;
  /** Header key of the responder's first turn. */
  readonly responderHeaderKey: Secret<'header-key'>;
}

/** What a turn's shared secret gives. */
export interface RootStep {
  readonly rootKey: Secret<'root-key'>;
  readonly chainKey: Secret<'chain-key'>;
  /** Header key of the *next* turn of the side that takes this one. */
  readonly nextHeaderKey: Secret<'header-key'>;
}

/** `SK → RK0 ‖ CK_A0 ‖ HK_A0 ‖ NHK_A1 ‖ NHK_B0`; wipes `handshakeSecret` (32 bytes). */
export function deriveInitialKeys(handshakeSecret: Secret<'handshake'>): InitialKeys {
  const keys = derive(handshakeSecret.expose(), NO_SALT, LABEL.ratchetInit, 5);
  handshakeSecret.wipe();
  return {
    rootKey: new Secret(keys[0] as Uint8Array),
    requestChainKey: new Secret(keys[1] as Uint8Array),
    requestHeaderKey: new Secret(keys[2] as Uint8Array),
    initiatorHeaderKey: new Secret(keys[3] as Uint8Array),
    responderHeaderKey: new Secret(keys[4] as Uint8Array),
  };
}

/** `KDF_RK(RK, ss) → RK' ‖ CK ‖ NHK`; wipes `shared` (32 bytes), leaves `rootKey`. */
export function stepRoot(rootKey: Secret<'root-key'>, shared: Secret<'x-wing-shared'>): RootStep {
  const keys = derive(shared.expose(), rootKey.expose(), LABEL.ratchetRoot, 3);
  shared.wipe();
  return {
    rootKey: new Secret(keys[0] as Uint8Array),
    chainKey: new Secret(keys[1] as Uint8Array),
    nextHeaderKey: new Secret(keys[2] as Uint8Array),
  };
}

function derive(input: Uint8Array, salt: Uint8Array, label: Uint8Array, count: number): Uint8Array[] {
  const output = hkdfSha512(input, salt, label, count * KEY_SIZE);
  const keys = Array.from({ length: count }, (_, i) => copyOf(output.subarray(i * KEY_SIZE, (i + 1) * KEY_SIZE)));
  output.fill(0);
  return keys;
}
