/**
 * Schemas: what a CBOR value must look like, checked in both directions.
 *
 * Spec: docs/protocol/content.md §1.
 *
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from './cbor.ts';
import { CborError } from './errors.ts';

const encoder: TextEncoder = new TextEncoder();

/** Turns a value into CBOR and back; both directions refuse what breaks the schema with `MALFORMED`. */
export interface Codec<T> {
  encode(value: T): CborValue;
  decode(value: CborValue): T;
  /** True if a map may leave the field out. */
  readonly optional?: boolean;
}

/** One codec for each field; an optional field's codec is made by {@link optional}. */
export type Fields<T> = { readonly [K in keyof T]-?: Codec<Exclude<T[K], undefined>> };

/** Bytes of a fixed size. */
export function bytes(size: number): Codec<Uint8Array> {
  return boundedBytes(size, size);
}

export function boundedBytes(min: number, max: number): Codec<Uint8Array> {
  return same(
    (value): value is Uint8Array => value instanceof Uint8Array && value.length >= min && value.length <= max,
  );
}

/**
 * Text of `min` to `max` bytes of UTF-8. Refused: lone surrogates, which UTF-8 cannot carry, and U+FEFF at the start,
 * which decoders take for a byte order mark and drop.
 */
export function text(max: number, min = 0): Codec<string> {
  const wellFormed = same(
    (value): value is string => typeof value === 'string' && !/^\ufeff|\p{Surrogate}/u.test(value),
  );
  return refine(wellFormed, (value) => {
    const size = encoder.encode(value).length;
    return size >= min && size <= max;
  });
}

/** The values of `codec` that `accepts` likes. */
export function refine<T>(codec: Codec<T>, accepts: (value: T) => boolean): Codec<T> {
  const check = (value: T) => (accepts(value) ? value : malformed());
  return { encode: (value) => codec.encode(check(value)), decode: (value) => check(codec.decode(value)) };
}

/** An integer from 0 to `max`. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  return same(
    (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max,
  );
}

export function boolean(): Codec<boolean> {
  return same((value): value is boolean => typeof value === 'boolean');
}

/** One of a few numbers, each with a name. */
export function named<Name extends string>(numbers: Readonly<Record<Name, number>>): Codec<Name> {
  const names = new Map(Object.entries(numbers).map(([name, number]) => [number as CborValue, name as Name]));
  return {
    encode: (name) => numbers[name] ?? malformed(),
    decode: (number) => names.get(number) ?? malformed(),
  };
}

/** A list of `min` to `max` items. */
export function list<T>(item: Codec<T>, min: number, max: number): Codec<readonly T[]> {
  const check = (length: number) => (length >= min && length <= max ? length : malformed());
  return {
    encode(values) {
      check(values.length);
      return values.map((value) => item.encode(value));
    },
    decode(value) {
      const items = Array.isArray(value) ? value : malformed();
      check(items.length);
      return items.map((entry) => item.decode(entry));
    },
  };
}

/** A list with a fixed meaning for each place, read and written as an object. */
export function tuple<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<unknown>][];
  return {
    encode: (value) => entries.map(([name, codec]) => codec.encode(value[name])),
    decode(value) {
      const items = Array.isArray(value) && value.length === entries.length ? value : malformed();
      return Object.fromEntries(entries.map(([name, codec], i) => [name, codec.decode(items[i] as CborValue)])) as T;
    },
  };
}

/** A map with text keys. Unknown keys are ignored, so that a later version may add some. */
export function map<T extends object>(fields: Fields<T>): Codec<T> {
  const entries = Object.entries(fields) as [keyof T & string, Codec<unknown>][];
  return {
    encode(value) {
      const out = new Map<string, CborValue>();
      for (const [name, codec] of entries) {
        if (value[name] !== undefined) {
          out.set(name, codec.encode(value[name]));
        } else if (codec.optional !== true) {
          malformed();
        }
      }
      return out;
    },
    decode(value) {
      const source = value instanceof Map ? value : malformed();
      const out: [string, unknown][] = [];
      for (const [name, codec] of entries) {
        const field = source.get(name);
        if (field !== undefined) {
          out.push([name, codec.decode(field)]);
        } else if (codec.optional !== true) {
          malformed();
        }
      }
      return Object.fromEntries(out) as T;
    },
  };
}

/** A field that a map may leave out. */
export function optional<T>(codec: Codec<T>): Codec<T> {
  return { encode: codec.encode, decode: codec.decode, optional: true };
}

/** @throws {@link CborError} `INVALID_ARGUMENT` when `value` breaks the schema */
export function encodeWith<T>(codec: Pick<Codec<T>, 'encode'>, value: T, what: string): Uint8Array {
  try {
    return encodeCbor(codec.encode(value));
  } catch {
    throw new CborError('INVALID_ARGUMENT', `this ${what} breaks its schema`);
  }
}

/** @throws {@link CborError} `MALFORMED` */
export function decodeWith<T>(codec: Codec<T>, encoded: Uint8Array): T {
  return codec.decode(decodeCbor(encoded));
}

function same<T extends CborValue>(accepts: (value: unknown) => value is T): Codec<T> {
  const check = (value: CborValue) => (accepts(value) ? value : malformed());
  return { encode: check, decode: check };
}

function malformed(): never {
  throw new CborError('MALFORMED', 'a field breaks the schema');
}
