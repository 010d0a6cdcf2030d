import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeFiles, pathOf } from '../../src/node-files.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(os.tmpdir(), 'secret-chat-test-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

describe('a path that was typed', () => {
  it.each([
    ['~', os.homedir()],
    ['~/a b.txt', `${os.homedir()}/a b.txt`],
    ['~alice/x', '~alice/x'],
    ["'/tmp/it is quoted'", '/tmp/it is quoted'],
    ['"~/x"', `${os.homedir()}/x`],
    ["it's", "it's"],
    ['a/~/b', 'a/~/b'],
  ])('%s is %s', (typed, meant) => {
    expect(pathOf(typed)).toBe(meant);
  });
});

describe('a new file', () => {
  it('is for its owner alone', async () => {
    const file = path.join(await folder(), 'new.json');
    expect(await nodeFiles.write(file, 'text')).toBe(file);
    expect(await readFile(file, 'utf8')).toBe('text');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never takes the place of another, nor of a link', async () => {
    const place = await folder();
    const [file, link] = [path.join(place, 'old'), path.join(place, 'link')];
    await writeFile(file, 'old');
    await symlink(path.join(place, 'elsewhere'), link);
    for (const taken of [file, link]) {
      await expect(nodeFiles.write(taken, 'new')).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    }
    expect(await readFile(file, 'utf8')).toBe('old');
    await expect(nodeFiles.write(path.join(place, 'no/folder'), 'x')).rejects.toMatchObject({ code: 'FILE_NOT_SAVED' });
  });
});

describe('a file to be sent', () => {
  it('has its name without folders, and must be one', async () => {
    const place = await folder();
    await writeFile(path.join(place, 'a.txt'), 'abc');
    const source = await nodeFiles.open(path.join(place, 'a.txt'));
    expect([source.name, source.size]).toEqual(['a.txt', 3]);
    await source.close();
    await expect(nodeFiles.open(place)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
