import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';

const REDACTED = 'Secret(redacted)';
/** 0x53 is 83 in decimal and "S" in text; eight of them in a row stand in no redacted output. */
const bytes = () => new Uint8Array(32).fill(0x53);
const TRACES = [/53535353/, /SSSS/, /83, ?83/, /U1NTU1/];

function expectNoTrace(text: string): void {
  for (const trace of TRACES) {
    expect(text).not.toMatch(trace);
  }
}

describe('ownership', () => {
  test('lends its bytes and knows their size', () => {
    const owned = bytes();
    const secret = new Secret(owned);
    expect(secret.expose()).toBe(owned);
    expect(secret.length).toBe(32);
    expect(secret.wiped).toBe(false);
  });

  test('wiping zeroes the very bytes that were handed over, and a second time does nothing', () => {
    const owned = bytes();
    const secret = new Secret(owned);
    secret.wipe();
    secret.wipe();
    expect(owned).toEqual(new Uint8Array(32));
    expect(secret.wiped).toBe(true);
  });

  test('a wiped secret can be neither used nor cloned', () => {
    const secret = new Secret(bytes());
    secret.wipe();
    expectCode('SECRET_WIPED', () => secret.expose());
    expectCode('SECRET_WIPED', () => secret.clone());
  });

  test('a clone outlives its original, and the other way round', () => {
    const original = new Secret(bytes());
    const clone = original.clone();
    original.wipe();
    expect(clone.expose()).toEqual(bytes());
    const second = clone.clone();
    second.wipe();
    expect(clone.expose()).toEqual(bytes());
  });
});

describe('redaction', () => {
  const secret = new Secret(bytes());

  test.each([
    ['String()', () => String(secret), REDACTED],
    ['toString()', () => secret.toString(), REDACTED],
    ['a template', () => `${secret}`, REDACTED],
    ['concatenation', () => `key: ${secret as unknown as string}`, `key: ${REDACTED}`],
    ['JSON', () => JSON.stringify({ key: secret }), `{"key":"${REDACTED}"}`],
    ['util.inspect', () => inspect(secret), REDACTED],
    ['util.inspect of an object', () => inspect({ a: { b: [secret] } }, { depth: 9 }), `{ a: { b: [ ${REDACTED} ] } }`],
    ['util.inspect with hidden fields', () => inspect(secret, { showHidden: true }), REDACTED],
    ['what console.log prints', () => format('%s %o %O %j', secret, secret, secret, secret), undefined],
    ['an error message', () => new Error(`failed with ${secret}`).message, `failed with ${REDACTED}`],
    ['an error with a cause', () => inspect(new Error('failed', { cause: { secret } }), { depth: 9 }), undefined],
    ['its own wiped error', () => inspect(wipedError()), undefined],
  ])('%s', (_, print, expected) => {
    const text = print();
    expectNoTrace(text);
    if (expected !== undefined) {
      expect(text).toBe(expected);
    }
  });

  test('no number comes out of it', () => {
    expect(Number(secret)).toBeNaN();
  });

  test('neither spreading, nor copying, nor enumerating gives anything', () => {
    expect({ ...secret }).toEqual({});
    expect(Object.assign({}, secret)).toEqual({});
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect(structuredClone({ key: secret })).toEqual({ key: {} });
  });
});

function wipedError(): unknown {
  const wiped = new Secret(bytes());
  wiped.wipe();
  try {
    return wiped.expose();
  } catch (error) {
    return error;
  }
}
