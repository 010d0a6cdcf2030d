/**
 * Headers: which message of which turn an envelope is, encrypted, so that a relay cannot even count turns.
 *
 * Spec: docs/protocol/ratchet.md §5.
 *
 * @module
 */

import { ByteReader, concat, u32 } from '../bytes.ts';
import { HEADER_SIZE, SIZE_CLASS_BYTE, type SizeClass } from '../envelope/size.ts';
import { X_WING_CIPHERTEXT_SIZE, X_WING_PUBLIC_KEY_SIZE, xchachaSeal, xchachaTryOpen } from '../primitives/index.ts';
import type { Secret } from '../secret.ts';

/** Flag of a request's header, which has no KEM ciphertext; all other bits are zero. */
const FLAG_REQUEST = 0x01;
const FLAG_NONE = 0x00;

/** A header in the clear. */
export interface Header {
  /** How many messages the sender's previous turn had. */
  readonly pn: number;
  /** Index in this turn, from 0. */
  readonly n: number;
  /** The turn's X-Wing public key, 1216 bytes. */
  readonly publicKey: Uint8Array;
  /** Encapsulation to the other side's newest key, 1120 bytes; empty in a request. */
  readonly kemCiphertext: Uint8Array;
}

/** Header AD: `transcript hash 32 ‖ size class u8`. */
export function sealHeader(
  key: Secret<'header-key'>,
  nonce: Uint8Array,
  transcriptHash: Uint8Array,
  sizeClass: SizeClass,
  header: Header,
): Uint8Array {
  const flags = sizeClass === 'request' ? FLAG_REQUEST : FLAG_NONE;
  const plaintext = concat(u32(header.pn), u32(header.n), Uint8Array.of(flags), header.publicKey, header.kemCiphertext);
  return xchachaSeal(key.expose(), nonce, plaintext, associatedData(transcriptHash, sizeClass));
}

/** `undefined` when it does not open under this key, or has flags of a later version. */
export function openHeader(
  key: Secret<'header-key'>,
  nonce: Uint8Array,
  transcriptHash: Uint8Array,
  sizeClass: SizeClass,
  sealed: Uint8Array,
): Header | undefined {
  const plaintext = xchachaTryOpen(key.expose(), nonce, sealed, associatedData(transcriptHash, sizeClass));
  if (plaintext?.length !== HEADER_SIZE[sizeClass]) {
    return undefined;
  }
  const reader = new ByteReader(plaintext, 'header');
  const pn = reader.u32();
  const n = reader.u32();
  const flags = reader.u8();
  const publicKey = reader.take(X_WING_PUBLIC_KEY_SIZE);
  const kemCiphertext = sizeClass === 'request' ? new Uint8Array(0) : reader.take(X_WING_CIPHERTEXT_SIZE);
  reader.end();
  return flags === (sizeClass === 'request' ? FLAG_REQUEST : FLAG_NONE)
    ? { pn, n, publicKey, kemCiphertext }
    : undefined;
}

function associatedData(transcriptHash: Uint8Array, sizeClass: SizeClass): Uint8Array {
  return concat(transcriptHash, Uint8Array.of(SIZE_CLASS_BYTE[sizeClass]));
}
