/**
 * Frames: one CBOR map for each WebSocket message, told apart by `op`.
 *
 * Spec: docs/protocol/relay.md §3.
 *
 * @module
 */

import { CborError, type CborValue, type Codec, decodeCbor, encodeCbor, map, text } from '@secret-chat/cbor';
import { WireError } from './errors.ts';

/** Any frame: its operation, and fields that the operation's schema names. */
interface AnyFrame {
  readonly op: string;
}

/** One schema for each operation of a union of frames. */
export type FrameSchemas<Frame extends AnyFrame> = {
  readonly [O in Frame['op']]: Codec<Omit<Extract<Frame, { readonly op: O }>, 'op'>>;
};

const MAX_OPERATION_SIZE = 32;
const operation: Codec<AnyFrame> = map<AnyFrame>({ op: text(MAX_OPERATION_SIZE, 1) });

/** @throws {@link WireError} `INVALID_ARGUMENT` for a frame that breaks its schema */
export function encodeFrame<Frame extends AnyFrame>(schemas: FrameSchemas<Frame>, frame: Frame): Uint8Array {
  try {
    const schema = schemas[frame.op as Frame['op']] as Codec<unknown>;
    const fields = schema.encode(frame) as Map<string, CborValue>;
    return encodeCbor(fields.set('op', frame.op));
  } catch {
    throw new WireError('INVALID_ARGUMENT', 'this frame breaks its schema');
  }
}

/**
 * The caller has bounded the size of `bytes`.
 *
 * @throws {@link WireError} `MALFORMED` or `UNKNOWN_OPERATION`
 */
export function decodeFrame<Frame extends AnyFrame>(schemas: FrameSchemas<Frame>, bytes: Uint8Array): Frame {
  try {
    const value = decodeCbor(bytes);
    const { op } = operation.decode(value);
    if (!Object.hasOwn(schemas, op)) {
      throw new WireError('UNKNOWN_OPERATION', 'this operation is not one of this version');
    }
    const schema = schemas[op as Frame['op']] as Codec<object>;
    return { op, ...schema.decode(value) } as unknown as Frame;
  } catch (error) {
    if (error instanceof CborError) {
      throw new WireError('MALFORMED', 'this is no frame');
    }
    throw error;
  }
}
