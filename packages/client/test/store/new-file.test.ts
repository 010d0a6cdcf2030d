import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { exists, makeFile, makeFolder } from '../../src/node/new-file.ts';
import { temporaryFolder } from './folders.ts';

describe('a new file', () => {
  test('has its name once it is whole, and is for its owner alone', async () => {
    const file = path.join(temporaryFolder(), 'file');
    await makeFile(file, async (draft) => {
      expect(existsSync(file)).toBe(false);
      expect(path.dirname(draft)).toBe(path.dirname(file));
      expect((statSync(draft).mode & 0o777).toString(8)).toBe('600');
      writeFileSync(draft, 'whole');
    });
    expect(readFileSync(file, 'utf8')).toBe('whole');
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect(readdirSync(path.dirname(file))).toEqual(['file']);
  });

  test('gives way to one that somebody else has made meanwhile', async () => {
    const file = path.join(temporaryFolder(), 'file');
    await makeFile(file, async (draft) => {
      writeFileSync(draft, 'this one');
      writeFileSync(file, 'the other');
    });
    expect(readFileSync(file, 'utf8')).toBe('the other');
    expect(readdirSync(path.dirname(file))).toEqual(['file']);
  });

  test('is not made where there is one, of whatever kind', async () => {
    const folder = temporaryFolder();
    for (const name of ['file', 'folder']) {
      const place = path.join(folder, name);
      if (name === 'file') {
        writeFileSync(place, 'there');
      } else {
        mkdirSync(place);
      }
      await makeFile(place, () => Promise.reject(new Error('must not be called')));
    }
    expect(readdirSync(folder)).toEqual(['file', 'folder']);
  });

  test('that could not be filled leaves nothing', async () => {
    const file = path.join(temporaryFolder(), 'file');
    const failed = makeFile(file, () => Promise.reject(new Error('no room')));
    await expect(failed).rejects.toThrow('no room');
    expect(readdirSync(path.dirname(file))).toEqual([]);
  });

  test('in no folder is a ClientError without a path', async () => {
    const failed = makeFile(path.join(temporaryFolder(), 'missing', 'file'), async () => undefined);
    await expect(failed).rejects.toMatchObject({ code: 'STORE_FAILED', message: 'the disk failed: ENOENT' });
  });
});

describe('a new folder', () => {
  test('is made with those above it, for its owner alone; what is there stays as it is', async () => {
    const parent = temporaryFolder();
    chmodSync(parent, 0o755);
    await makeFolder(path.join(parent, 'a', 'b', 'c'));
    for (const name of ['a', 'a/b', 'a/b/c']) {
      expect((statSync(path.join(parent, name)).mode & 0o777).toString(8)).toBe('700');
    }
    await makeFolder(parent);
    expect((statSync(parent).mode & 0o777).toString(8)).toBe('755');
  });

  test('may be named relative to where the process is', async () => {
    const folder = path.join(temporaryFolder(), 'a', 'b');
    await makeFolder(path.relative(process.cwd(), folder));
    expect(await exists(folder)).toBe(true);
  });

  test('cannot be in a file', async () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, 'text');
    await expect(makeFolder(path.join(file, 'folder'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(exists(path.join(file, 'folder'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});
