/**
 * The ratchet: every message under a key of its own, every turn with fresh key material.
 *
 * @module
 */

export { type Decrypted, decryptMessage, dropExpiredKeys } from './decrypt.ts';
export { type Encrypted, encryptMessage } from './encrypt.ts';
export {
  MAX_OLD_TURNS,
  MAX_SEEN,
  MAX_SKIPPED,
  MAX_SKIPPED_PER_CHAIN,
  MAX_STATE_SIZE,
  MAX_TURN_LENGTH,
  SKIPPED_LIFETIME_SECONDS,
} from './limits.ts';
export { deserializeState, serializeState } from './serialize.ts';
export { type RatchetState, retire, wipeState } from './state.ts';
