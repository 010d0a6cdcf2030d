import { ClientError, type Message } from '@secret-chat/client';
import { describe, expect, it } from 'vitest';
import { FakeDevice } from '../support/fake-device.ts';
import { PREVIEW } from '../support/fake-photos.ts';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { type RigOptions, startedRig } from '../support/session.ts';
import { KEY } from '../support/virtual-terminal.ts';

const PHOTO = new Uint8Array([0xff, 1, 2, 3]);

async function withChat(options: RigOptions = {}) {
  const device = new FakeDevice();
  const alice = device.addChat('Alice');
  return { alice, ...(await startedRig({ device, ...options })) };
}

function fileOf(message: Message | undefined) {
  return message?.kind === 'file' ? message.file : undefined;
}

/** A file of theirs. */
function theirs(more: Partial<Message> = {}): Partial<Message> {
  const file = {
    key: new Uint8Array(32),
    size: 3_000_000,
    name: 'a\u202eb.pdf',
    mediaType: '',
    relay: '',
    expiresAt: 1,
  };
  return { kind: 'file', file, fileState: 'remote', ...more } as Partial<Message>;
}

describe('/file', () => {
  it('sends a file as it is, whatever it is', async () => {
    const { alice, session, files } = await withChat();
    files.there.set('~/my notes.txt', new Uint8Array([1, 2, 3]));
    expect(await session.enter('/file ~/my notes.txt')).toBe(true);
    expect(fileOf(alice.entries[0])).toMatchObject({ name: 'my notes.txt', size: 3 });
    expect(alice.contents.get(1)).toEqual(Buffer.from([1, 2, 3]));
    expect(files.opened).toBe(0);
  });

  it('says at once that a large one takes a while', async () => {
    const { session, files, last } = await withChat();
    const big = { name: 'film.mkv', size: 209_715_200, async *stream() {}, close: async () => {} };
    files.open = async () => big;
    await session.enter('/file film.mkv');
    expect(last('note')).toMatchObject({ chat: 1, text: expect.stringMatching(/^209\.7 MB are encrypted .* first/) });
  });
});

describe('/photo', () => {
  it('sends a smaller one with a preview, under its own name', async () => {
    const { alice, session, files, last } = await withChat();
    files.there.set('/photos/cat.png', PHOTO);
    expect(await session.enter('/photo /photos/cat.png')).toBe(true);
    expect(fileOf(alice.entries[0])).toMatchObject({ name: 'cat.jpg', mediaType: 'image/jpeg', preview: PREVIEW });
    expect(alice.contents.get(1)).toEqual(Buffer.from(PHOTO));
    expect(files.opened).toBe(0);
    expect(last('note')).toBeUndefined();
  });

  it('goes as a plain file where no library knows photos, which is said', async () => {
    const { alice, session, files, last } = await withChat({ hasPhotos: false });
    files.there.set('cat.png', PHOTO);
    expect(await session.enter('/photo cat.png')).toBe(true);
    expect(last('note')?.text).toMatch(/as a plain file, .* place, time and camera\. \/delete 1 destroys it here/);
    expect(fileOf(alice.entries[0])).toMatchObject({ name: 'cat.png', mediaType: 'image/png', size: 4 });
  });

  it('sends nothing that is no photo', async () => {
    const { alice, session, files, last } = await withChat();
    files.there.set('cat.png', new Uint8Array([1, 2]));
    expect(await session.enter('/photo cat.png')).toBe(false);
    expect(last('error')).toMatchObject({ code: 'PHOTO_UNREADABLE' });
    expect(last('error')?.message).toMatch(
      /^Nothing was sent: .* \/file sends it as it is, with them\. \(the JPEG is damaged\)$/,
    );
    expect(alice.entries).toEqual([]);
    expect(files.opened).toBe(0);
  });
});

describe('/save', () => {
  it('fetches and saves, and says where', async () => {
    const { alice, session, files, last } = await withChat();
    alice.receive('', theirs());
    expect(await session.enter('/save 1 my folder')).toBe(true);
    expect(files.saved).toEqual([[1, 1, 'my folder']]);
    expect(last('saved')).toEqual({ type: 'saved', chat: 1, n: 1, path: '/home/me/my folder' });
  });

  it('starts a countdown before it writes the copy', async () => {
    const { alice, session, files } = await withChat();
    alice.receive('', theirs({ timer: 3600 }));
    const before: number[] = [];
    const { markRead } = alice;
    alice.markRead = async (n) => {
      before.push(files.saved.length);
      await markRead.call(alice, n);
    };
    await session.enter('/save 1 x');
    expect(before).toEqual([0]);
    expect(alice.calls).toEqual(['fetchFile 1', 'markRead 1']);
  });

  it('counts as seeing what is hidden; what could not be saved is not used up', async () => {
    const { alice, session, files } = await withChat();
    alice.receive('', { kind: 'hidden', what: 'file', timer: 'once' });
    alice.behind.set(1, theirs());
    files.there.set('taken', PHOTO);
    expect(await session.enter('/save 1 taken')).toBe(false);
    expect(alice.calls).toEqual(['fetchFile 1', 'view 1']);
    expect(await session.enter('/save 1 free')).toBe(true);
    expect(files.saved).toEqual([[1, 1, 'free']]);
    expect(alice.calls.at(-1)).toBe('closeView 1');
  });
});

describe('/cancel', () => {
  it('stops the transfer of a file, and says what that means', async () => {
    const { alice, session, files, last } = await withChat();
    alice.receive('', theirs());
    expect(await session.enter('/cancel 1')).toBe(true);
    expect(alice.calls).toEqual(['cancelFile 1']);
    expect(last('note')?.text).toBe('Cancelled: the file of message 1 is not fetched; /save 1 <path> begins anew.');
    files.there.set('mine', PHOTO);
    await session.enter('/file mine');
    expect(await session.enter('/cancel 2')).toBe(true);
    expect(last('note')?.text).toBe('Cancelled: the file of message 2 is not sent.');
  });

  it('is no reason to try again what waited for the file', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.receive('', theirs());
    alice.fetchFile = () => Promise.reject(new ClientError('ABORTED', 'the transfer was cancelled'));
    rig.type(`/save 1 folder${KEY.enter}`);
    await shows(rig, 'The transfer was cancelled.');
    expect((await rig.screen()).at(-1)).toBe('>');
  });

  it('does not guess which request is meant', async () => {
    const { device, session, last } = await withChat();
    device.addChat('Bob', 'waiting');
    device.addChat('Carol', 'waiting');
    await session.enter('/chat 1');
    expect(await session.enter('/cancel')).toBe(false);
    expect(last('error')?.message).toContain('/chat 2, /chat 3');
    await session.enter('/chat 2');
    expect(await session.enter('/cancel')).toBe(true);
    expect(last('ended')).toMatchObject({ chat: 2, why: 'cancelled' });
  });
});

describe('on the screen', () => {
  it('files have a harmless name, a size, a state and a bar', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.receive('', theirs());
    await shows(rig, '[file a‹U+202E›b.pdf, 3 MB, not fetched yet: /save 1 <path>]');
    device.emit({ type: 'progress', chat: 1, n: 1, direction: 'down', done: 750_000, total: 3_000_000, etaMs: 65_000 });
    await shows(rig, '↓ █████░░░░░░░░░░░░░░░ 25% of 3 MB, 1:05 left');
    alice.entries[0] = { ...(alice.entries[0] as Message), ...{ fileState: 'fetched' } } as Message;
    device.emit({ type: 'file', chat: 1, n: 1, fileState: 'fetched' });
    await shows(rig, 'a‹U+202E›b.pdf, 3 MB, fetched: /save 1 <path>]');
    expect(await rig.text()).not.toContain('25%');
    // It is all here, but not saved yet.
    device.emit({ type: 'progress', chat: 1, n: 1, direction: 'down', done: 3_000_000, total: 3_000_000, etaMs: 0 });
    await shows(rig, /100% of 3 MB$/m);
  });

  it('a timed file is read when it is here, not when its name is shown', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.receive('', theirs({ timer: 3600 }));
    await shows(rig, 'not fetched yet');
    expect(alice.marked).toEqual([]);
    alice.entries[0] = { ...(alice.entries[0] as Message), ...{ fileState: 'fetched' } } as Message;
    device.emit({ type: 'file', chat: 1, n: 1, fileState: 'fetched' });
    await expect.poll(() => alice.marked).toEqual([[1]]);
    await shows(rig, ', fetched: /save 1 <path>]');
  });

  it('a path that was typed comes back with the arrow', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device });
    rig.type(`/file missing${KEY.enter}`);
    await shows(rig, 'The file cannot be read: there is nothing of that name (ENOENT).');
    await shows(rig, '> /file missing');
  });
});
