/**
 * Contents: all that can be said in a chat.
 *
 * @module
 */

export * from './content.ts';
export {
  type DecodedContent,
  decodeContent,
  encodeContent,
  MAX_RANGES,
  MAX_RECEIPTS,
  MAX_REFERENCES,
} from './content-codec.ts';
export { digestEntry, emptyDigest, extendDigest, hashContent } from './digest.ts';
