import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type Sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findSharp } from '../../src/photos/sharp-library.ts';
import { ProgramProcess } from '../support/program-process.ts';
import { relayElsewhere } from '../support/relay-elsewhere.ts';

const found = await findSharp();
const isInstalled = found !== undefined;
const sharp = found as typeof Sharp;

/** Half as high as wide, turned by its camera, with a name and a place in it. */
function photo(format: 'jpeg' | 'png' | 'webp' | 'avif' | 'gif', width: number): Promise<Buffer> {
  return sharp({ create: { width, height: width / 2, channels: 3, background: '#ff0000' } })
    .withMetadata({ orientation: 6 })
    .withExifMerge({ IFD0: { Artist: 'Alice Example' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .toFormat(format)
    .toBuffer();
}

/** Two programs whose chat is open, Alice's and Bob's. */
async function pair() {
  const { relay, folder } = await relayElsewhere();
  const start = (...args: readonly string[]) => {
    const started = new ProgramProcess('node', ['--data', folder, '--relay', relay, ...args]);
    onTestFinished(async () => {
      started.signal('SIGKILL');
      await started.exited;
    });
    return started;
  };
  const alice = start('--profile', 'alice', '--name', 'Alice', '--accept');
  const { link } = await alice.told({ event: 'invite' });
  const bob = start('--profile', 'bob', '--name', 'Bob', String(link));
  await bob.told({ event: 'accepted' });
  return { alice, bob, folder, start };
}

describe('what does not stay', () => {
  it('is destroyed on both sides: timed, seen once, deleted, cleared', async () => {
    const { alice, bob } = await pair();
    alice.enter('/timer 2s', 'for two seconds');
    const timed = await bob.told({ event: 'message', from: 'them', text: 'for two seconds' });
    expect(timed).toMatchObject({ timer: 2, endsAt: expect.any(Number) });
    await bob.told({ event: 'destroyed', n: timed.n, why: 'timer' });
    await alice.told({ event: 'destroyed', why: 'timer' });

    alice.enter('/timer once', 'look once');
    const hidden = await bob.told({ event: 'message', kind: 'hidden', timer: 'once' });
    bob.enter(`/view ${hidden.n}`);
    await bob.told({ event: 'view', n: hidden.n, text: 'look once' });
    await bob.told({ event: 'destroyed', n: hidden.n, why: 'timer' });
    const { n } = await alice.told({ event: 'message', text: 'look once' });
    await alice.told({ event: 'destroyed', n, why: 'timer' });

    alice.enter('/timer off', 'to be deleted');
    const deleted = await bob.told({ event: 'message', text: 'to be deleted' });
    bob.enter(`/delete ${deleted.n}`);
    await alice.told({ event: 'destroyed', why: 'deleted' });
    await bob.told({ event: 'deletion', state: 'confirmed' });

    alice.enter('to be cleared');
    await bob.told({ event: 'message', text: 'to be cleared' });
    bob.enter('/clear');
    await alice.told({ event: 'destroyed', why: 'cleared' });
    alice.enter('/history');
    expect(await alice.told({ event: 'history' })).toMatchObject({ messages: [] });
  });
});

describe('files', () => {
  it('arrive as they were, with progress, and are saved for their owner alone', async () => {
    const { alice, bob, folder } = await pair();
    const bytes = randomBytes(3_000_000);
    const [source, target] = [path.join(folder, 'a file.bin'), path.join(folder, 'saved.bin')];
    await writeFile(source, bytes);
    alice.enter(`/file ${source}`);
    const { n } = await bob.told({ event: 'message', kind: 'file' });
    expect(bob.events.find((event) => event.n === n)).toMatchObject({
      file: { name: 'a file.bin', size: bytes.length },
    });
    bob.enter(`/save ${n} ${target}`, `/save ${n} ${target}`);
    await bob.told({ event: 'saved', n, path: target });
    await bob.told({ event: 'error', code: 'FILE_EXISTS' });
    expect(bytes.equals(await readFile(target))).toBe(true);
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    await bob.told({ event: 'progress', n, direction: 'down', done: bytes.length, total: bytes.length });
    await alice.told({ event: 'progress', direction: 'up', done: bytes.length });
    await alice.told({ event: 'file', fileState: 'fetched' });
  });
});

describe.skipIf(!isInstalled)('photos (skipped where sharp is not installed)', () => {
  it('arrive smaller, with a preview that is all there is to see of a hidden one', async () => {
    const { alice, bob, folder } = await pair();
    const source = path.join(folder, 'cat.png');
    await writeFile(source, await photo('png', 3000));
    alice.enter(`/photo ${source}`, '/timer once', `/photo ${source}`);
    expect(await bob.told({ event: 'message', kind: 'file' })).toMatchObject({
      file: { name: 'cat.jpg', mediaType: 'image/jpeg' },
    });
    const { n } = await bob.told({ event: 'message', kind: 'hidden', what: 'file' });
    bob.enter(`/view ${n}`, `/save ${n} ${path.join(folder, 'kept.jpg')}`);
    await bob.told({ event: 'error', code: 'USAGE' });
    await bob.told({ event: 'saved', n });
    await bob.told({ event: 'destroyed', n, why: 'timer' });
    expect(await sharp(path.join(folder, 'kept.jpg')).metadata()).toMatchObject({ width: 1280, height: 2560 });
  });

  it('leave behind what a camera wrote, or stay here, which is said', async () => {
    const { alice, bob, folder } = await pair();
    for (const [i, format] of (['jpeg', 'webp', 'avif', 'gif'] as const).entries()) {
      const [source, target] = [path.join(folder, `a.${format}`), path.join(folder, `${format}.jpg`)];
      const before = await photo(format, 200);
      expect(before.includes('Alice Example')).toBe(format !== 'gif');
      await writeFile(source, before);
      alice.enter(`/photo ${source}`);
      await bob.told({ event: 'message', n: i + 1, kind: 'file' });
      bob.enter(`/save ${i + 1} ${target}`);
      await bob.told({ event: 'saved', n: i + 1 });
      const after = await readFile(target);
      expect(after.includes('Exif')).toBe(false);
      expect(after.includes('Alice Example')).toBe(false);
      // GIF has no place for how the camera was held.
      const size = format === 'gif' ? { width: 200, height: 100 } : { width: 100, height: 200 };
      expect(await sharp(after).metadata()).toMatchObject({ format: 'jpeg', ...size });
    }
    const unknown = path.join(folder, 'photo.heic');
    await writeFile(unknown, Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    alice.enter(`/photo ${unknown}`, 'after it');
    const { message } = await alice.told({ event: 'error', code: 'PHOTO_UNREADABLE' });
    expect(message).toMatch(/^Nothing was sent.*HEIC/);
    await bob.told({ event: 'message', text: 'after it' });
    expect(bob.events.filter(({ event }) => event === 'message')).toHaveLength(5);
  });
});

describe('an account', () => {
  it('is exported, locked, and deleted with everything that it had', async () => {
    const { alice, bob, folder, start } = await pair();
    const target = path.join(folder, 'relay.json');
    alice.enter(`/export ${target}`, '/account-ttl 1y');
    await alice.told({ event: 'exported', path: target });
    expect((await stat(target)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(target, 'utf8'))).toBeTypeOf('object');

    alice.enter('/passphrase', 'correct', 'correct', '/lock', 'wrong', 'correct', 'back again');
    await bob.told({ event: 'message', text: 'back again' });
    expect(alice.events.filter(({ event }) => event === 'ready')).toHaveLength(2);

    alice.enter('/delete-account', '/delete-account yes');
    await alice.told({ event: 'error', code: 'USAGE' });
    await alice.told({ event: 'deleted' });
    expect(await alice.exited).toBe(0);
    await bob.told({ event: 'ended', why: 'endedByThem' });
    const again = start('--profile', 'alice');
    expect(await again.told({ event: 'ready' })).toMatchObject({ chats: [] });
    expect((await again.told({ event: 'ready' })).name).not.toBe('Alice');
  });
});
