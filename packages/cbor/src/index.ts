/**
 * Strict CBOR: one byte string for each value, decoded against a schema.
 *
 * Spec: docs/protocol/content.md §1.
 *
 * @module
 */

export { type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
export * from './codec.ts';
export { CborError, type CborErrorCode } from './errors.ts';
