/**
 * Bytes on their way between the two threads, without one copy more than needed.
 *
 * @module
 */

/** Smaller ones are copied by the message itself faster than they are handed over. */
const MIN_TRANSFER = 1024;

/**
 * A copy of `values` with all its bytes in one new buffer, which can be handed over whole: the caller's own bytes
 * stay the caller's.
 */
export function packed<Value>(values: Value): { values: Value; buffer: ArrayBuffer } {
  const buffer = new ArrayBuffer(sizeOf(values));
  let at = 0;
  const copy = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      const view = new Uint8Array(buffer, at, value.length);
      view.set(value);
      at += value.length;
      return view;
    }
    if (Array.isArray(value)) {
      return value.map(copy);
    }
    return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)])) : value;
  };
  return { values: copy(values) as Value, buffer };
}

/** The buffers of large bytes in `value` that hold nothing else. */
export function buffersOf(value: unknown): ArrayBuffer[] {
  if (value instanceof Uint8Array) {
    const isWhole = value.byteLength === value.buffer.byteLength && value.byteLength >= MIN_TRANSFER;
    return isWhole ? [value.buffer as ArrayBuffer] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap(buffersOf);
  }
  return isRecord(value) ? Object.values(value).flatMap(buffersOf) : [];
}

/** Bytes in `value`. */
export function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) {
    return value.length;
  }
  const parts = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  return parts.reduce((sum: number, part) => sum + sizeOf(part), 0);
}

/** Sets are left to the message: they hold no bytes here. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Set);
}
