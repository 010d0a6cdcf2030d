import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOrCreateKeyFile } from '../../src/node/key-file.ts';
import { stateOf, temporaryFolder } from './folders.ts';
import { bytesOf } from './samples.ts';

function keyFile(content: Uint8Array = bytesOf('key', 32)): string {
  const file = path.join(temporaryFolder(), 'key');
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

describe('a key file', () => {
  test('is made with 32 random bytes for its owner alone, and read from then on', async () => {
    const file = path.join(temporaryFolder(), 'deep', 'data', 'key');
    const key = await readOrCreateKeyFile(file);
    expect(Object.getPrototypeOf(key)).toBe(Uint8Array.prototype);
    expect(key).toHaveLength(32);
    expect(key.buffer.byteLength).toBe(32);
    expect(readFileSync(file)).toEqual(Buffer.from(key));
    expect((statSync(file).mode & 0o7777).toString(8)).toBe('600');
    expect((statSync(path.dirname(file)).mode & 0o7777).toString(8)).toBe('700');
    expect(readdirSync(path.dirname(file))).toEqual(['key']);
    expect(await readOrCreateKeyFile(file)).toEqual(key);
    expect(await readOrCreateKeyFile(path.join(temporaryFolder(), 'key'))).not.toEqual(key);
  });

  test('is the same for all who make it at once', async () => {
    const file = path.join(temporaryFolder(), 'key');
    const keys = await Promise.all(Array.from({ length: 10 }, () => readOrCreateKeyFile(file)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(readdirSync(path.dirname(file))).toEqual(['key']);
  });

  test('is made of the bytes that it is given, whose memory is wiped', async () => {
    const drawn: Uint8Array[] = [];
    const random = (length: number) => {
      drawn.push(bytesOf('drawn', length));
      return drawn[0] as Uint8Array;
    };
    expect(await readOrCreateKeyFile(path.join(temporaryFolder(), 'key'), random)).toEqual(bytesOf('drawn', 32));
    expect(drawn).toEqual([new Uint8Array(32)]);
  });

  test('loses the second name that a crash while it was made has left', async () => {
    const file = keyFile();
    linkSync(file, `${file}.0123456789ab.new`);
    expect(await readOrCreateKeyFile(file)).toEqual(bytesOf('key', 32));
    expect(readdirSync(path.dirname(file))).toEqual(['key']);
  });

  test('that cannot be made is said so, without its path', async () => {
    const file = path.join(keyFile(), 'key');
    await expect(readOrCreateKeyFile(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(readOrCreateKeyFile(file)).rejects.not.toThrow('client-store');
  });
});

describe('no key file is', () => {
  test.each([0, 31, 33, 4096])('a file of %d bytes', async (size) => {
    const file = keyFile(bytesOf('key', size));
    await refused(file, `the key file is ${size} bytes, not 32`);
  });

  test.each([0o640, 0o604, 0o620, 0o601, 0o777])('a file of mode %o', async (mode) => {
    const file = keyFile();
    chmodSync(file, mode);
    await refused(file, 'chmod 600');
  });

  test('a link, even to a good one', async () => {
    const file = path.join(temporaryFolder(), 'key');
    symlinkSync(keyFile(), file);
    await refused(file, 'is a link');
  });

  test('a link to nothing', async () => {
    const file = path.join(temporaryFolder(), 'key');
    symlinkSync(path.join(temporaryFolder(), 'nothing'), file);
    await refused(file, 'is a link', false);
  });

  test('a folder', async () => {
    const file = path.join(temporaryFolder(), 'key');
    mkdirSync(file);
    await refused(file, 'a folder', false);
  });

  test.skipIf(process.platform === 'win32')('a pipe, which is not waited for', async () => {
    const file = path.join(temporaryFolder(), 'key');
    execFileSync('mkfifo', ['-m', '600', file]);
    await refused(file, 'not a file', false);
  });

  async function refused(file: string, message: string, isReadable = true): Promise<void> {
    const before = isReadable ? stateOf(path.dirname(file)) : readdirSync(path.dirname(file));
    const error = await readOrCreateKeyFile(file).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'ClientError', code: 'INVALID_ARGUMENT' });
    expect(error.message).toContain(message);
    expect(isReadable ? stateOf(path.dirname(file)) : readdirSync(path.dirname(file))).toEqual(before);
  }
});
