/**
 * The relay of secret-chat: stores opaque bytes under hashed capabilities, hands them out, forgets them.
 *
 * Spec: docs/protocol/relay.md.
 *
 * @module
 */

export { type Cancel, type Effects, systemEffects } from './effects.ts';
export { RelayStartError, type RelayStartErrorCode } from './errors.ts';
export { LIMITS, type LimitName, type Limits } from './server/limits.ts';
export { type Relay, type RelayOptions, startRelay } from './start-relay.ts';
export * from './store/relay-store.ts';
