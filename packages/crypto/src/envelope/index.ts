/**
 * Envelopes: their two sizes, and what is in a body.
 *
 * @module
 */

export {
  BODY_PREFIX_SIZE,
  type BodyPrefix,
  contentCapacity,
  type DecodedBody,
  DIGEST_SIZE,
  decodeBody,
  encodeBody,
  sizeClassFor,
} from './body.ts';
export { BODY_SIZE, ENVELOPE_SIZE, type SizeClass } from './size.ts';
