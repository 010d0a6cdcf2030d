import { expect, onTestFinished, test, vi } from 'vitest';
import { utf8 } from '../../src/bytes.ts';
import { scrypt } from '../../src/index.ts';
import { toHex } from '../support/third-party.ts';

// RFC 7914 §12; its fourth vector takes 1 GiB of memory and is left out.
test.each([
  [
    '',
    '',
    { logN: 4, r: 1, p: 1 },
    '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906',
  ],
  [
    'password',
    'NaCl',
    { logN: 10, r: 8, p: 16 },
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  ],
  [
    'pleaseletmein',
    'SodiumChloride',
    { logN: 14, r: 8, p: 1 },
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ],
])('RFC 7914 §12: %j', async (passphrase, salt, parameters, expected) => {
  expect(toHex(await scrypt(utf8(passphrase), utf8(salt), parameters, 64))).toBe(expected);
});

test('tells how far it is', async () => {
  const seen: number[] = [];
  await scrypt(utf8('passphrase'), utf8('salt'), { logN: 14, r: 8, p: 1 }, 32, (done) => seen.push(done));
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBe(1);
});

// `scheduler.yield`, by which noble yields, resumes before every task that waits, unless it began in the background.
test('where the platform has a scheduler, leaves whatever waits its turn', async () => {
  const priorities: string[] = [];
  vi.stubGlobal('scheduler', {
    postTask(work: () => Promise<unknown>, { priority }: { priority: string }) {
      priorities.push(priority);
      return work();
    },
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const key = await scrypt(utf8('passphrase'), utf8('salt'), { logN: 4, r: 8, p: 1 }, 32);
  expect(priorities).toEqual(['background']);
  expect(key).toHaveLength(32);
});
