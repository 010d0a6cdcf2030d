import type { Message } from '@secret-chat/client';
import { describe, expect, it } from 'vitest';
import { Session } from '../../src/session.ts';
import { toJsonEvents } from '../../src/views/json/json-event.ts';
import { jsonView } from '../../src/views/json/json-view.ts';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { FakeFiles } from '../support/fake-files.ts';
import { fakeKey } from '../support/fake-key.ts';
import { fakePhotos } from '../support/fake-photos.ts';
import { pipes } from '../support/streams.ts';

type Json = Record<string, unknown> & { readonly event: string };

/** A session that is driven by lines, and what it prints. */
function start(device = new FakeDevice(), invite?: string) {
  const streams = pipes();
  const view = jsonView(streams.input, streams.output);
  const session = new Session({
    device: device.asDevice,
    profile: 'work',
    key: fakeKey('passphrase'),
    files: new FakeFiles(),
    photos: fakePhotos(),
    autoAccept: false,
    autoRead: true,
    view,
  });
  view.attach(session);
  const started = session.start(invite, Promise.resolve());
  const done = view.run(session).then(() => view.close());
  const events = () => streams.lines().map((line) => JSON.parse(line) as Json);
  const send = (...lines: readonly string[]) => streams.input.write(lines.map((line) => `${line}\n`).join(''));
  return { device, session, started, done, events, send, end: () => streams.input.end(), text: streams.text };
}

function of(events: readonly Json[], event: string): Json[] {
  return events.filter((one) => one.event === event);
}

describe('JSON lines', () => {
  it('tell a whole chat as the contract has it', async () => {
    const { device, events, send, end, done, started } = start();
    await started;
    const bob = device.request('Bob', 'it is me');
    send('/accept', 'hello', '/verify', '/bogus');
    await expect.poll(() => of(events(), 'error')).toHaveLength(1);
    bob.setState(1, 'sent');
    bob.setState(1, 'read');
    bob.receive('hi', { replyTo: 1, timer: 60 });
    await expect.poll(() => of(events(), 'message')).toHaveLength(2);
    bob.destroy(2);
    device.emit({ type: 'missing', chat: 1, n: 3, count: 2 });
    device.emit({ type: 'typing', chat: 1, typing: true });
    device.emit({ type: 'stale', chat: 1, why: 'fork' });
    device.setLink({ state: 'waiting', retryAtMs: 5, reason: 'refused' });
    device.forget(bob, 'endedByThem');
    end();
    await done;

    const told = events();
    expect(told[0]).toEqual({ event: 'ready', profile: 'work', name: 'Me', relay: 'ws://127.0.0.1:8787', chats: [] });
    expect(of(told, 'invite')).toEqual([
      {
        event: 'invite',
        link: LINK,
        n: 1,
        reusable: false,
        expiresAt: Date.UTC(2026, 11, 1, 12),
        loopback: true,
        command: `npm start -- ${LINK}`,
      },
    ]);
    expect(of(told, 'request')).toEqual([{ event: 'request', chat: 1, name: 'Bob', text: 'it is me' }]);
    expect(of(told, 'accepted')).toEqual([{ event: 'accepted', chat: 1, name: 'Bob' }]);
    expect(of(told, 'message')).toEqual([
      {
        event: 'message',
        chat: 1,
        n: 1,
        from: 'me',
        kind: 'text',
        text: 'hello',
        state: 'queued',
        at: expect.any(Number),
      },
      {
        event: 'message',
        chat: 1,
        n: 2,
        from: 'them',
        kind: 'text',
        text: 'hi',
        // Its countdown runs since before it was shown.
        state: 'read',
        at: expect.any(Number),
        replyTo: 1,
        timer: 60,
      },
    ]);
    expect(of(told, 'state')).toEqual([
      { event: 'state', chat: 1, n: 1, state: 'queued' },
      { event: 'state', chat: 1, n: 1, state: 'sent' },
      { event: 'state', chat: 1, n: 1, state: 'read' },
    ]);
    expect(of(told, 'destroyed')).toEqual([{ event: 'destroyed', chat: 1, n: 2, why: 'timer' }]);
    expect(of(told, 'missing')).toEqual([{ event: 'missing', chat: 1, n: 3, count: 2 }]);
    expect(of(told, 'typing')).toEqual([{ event: 'typing', chat: 1, typing: true }]);
    expect(of(told, 'stale')).toEqual([{ event: 'stale', chat: 1, why: 'fork' }]);
    expect(of(told, 'ended')).toEqual([{ event: 'ended', chat: 1, why: 'endedByThem' }]);
    expect(of(told, 'link')).toEqual([
      { event: 'link', relay: 'ws://127.0.0.1:8787', state: 'waiting', reason: 'refused' },
    ]);
    expect(of(told, 'error')).toEqual([
      { event: 'error', code: 'UNKNOWN_COMMAND', message: expect.stringContaining('/bogus') },
    ]);
    expect(of(told, 'fingerprint')[0]).toMatchObject({
      chat: 1,
      digits: expect.stringMatching(/^(\d{5} ){3}\d{5}\n/),
      words: expect.stringContaining('word0 word1'),
    });
    // What was shown counts as read; the text that came with the request is no entry here.
    expect(bob.marked).toEqual([[2]]);
  });

  it('tell a timed text with the end of its countdown, and what follows it later', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { events, end, done, started } = start(device);
    await started;
    let onDisk = () => {};
    alice.onDisk = new Promise((resolve) => {
      onDisk = resolve;
    });
    alice.endsAt = 1_800_000_000_000;
    alice.receive('short', { timer: 3 });
    device.emit({ type: 'typing', chat: 1, typing: true });
    expect(events().at(-1)).toMatchObject({ event: 'focus' });
    onDisk();
    await expect.poll(() => events().at(-1)).toMatchObject({ event: 'typing' });
    expect(events().at(-2)).toMatchObject({ event: 'message', text: 'short', timer: 3, endsAt: 1_800_000_000_000 });
    end();
    await done;
  });

  it('tell what /view opens, and close it at once', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { events, send, end, done, started } = start(device);
    await started;
    alice.receive('', { kind: 'hidden', what: 'text', timer: 'once' });
    alice.behind.set(1, { kind: 'text', text: 'look once' });
    send('/view 1', '/history');
    end();
    await done;
    expect(of(events(), 'message')).toMatchObject([{ kind: 'hidden', what: 'text', timer: 'once' }]);
    expect(of(events(), 'view')).toMatchObject([{ chat: 1, n: 1, kind: 'text', text: 'look once', timer: 'once' }]);
    expect(of(events(), 'destroyed')).toEqual([{ event: 'destroyed', chat: 1, n: 1, why: 'timer' }]);
    expect(alice.calls.slice(-2)).toEqual(['view 1', 'closeView 1']);
  });

  it('close each message that /view opened after it was printed, also while something holds up what is printed', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { events, send, end, done, started } = start(device);
    await started;
    for (const n of [1, 2]) {
      alice.receive('', { kind: 'hidden', what: 'text', timer: 'once' });
      alice.behind.set(n, { kind: 'text', text: `look ${n}` });
    }
    const { markRead } = alice;
    let onDisk = () => {};
    const disk = new Promise<void>((resolve) => {
      onDisk = resolve;
    });
    alice.markRead = async (n) => {
      await disk;
      await markRead.call(alice, n);
    };
    alice.receive('timed', { timer: 3 });
    send('/view 1', '/view 2');
    await expect.poll(() => alice.calls).toEqual(['markRead 1', 'markRead 2', 'view 1', 'view 2']);
    expect(of(events(), 'view')).toEqual([]);
    onDisk();
    await expect.poll(() => of(events(), 'view')).toMatchObject([{ text: 'look 1' }, { text: 'look 2' }]);
    expect(alice.calls.slice(-2)).toEqual(['closeView 1', 'closeView 2']);
    end();
    await done;
  });

  it('tell deletions, files and their progress', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { events, send, end, done, started } = start(device);
    await started;
    alice.receive('one');
    send('/delete 1');
    await expect.poll(() => of(events(), 'deletion')).toHaveLength(1);
    device.emit({ type: 'deletion', chat: 1, numbers: [1], state: 'confirmed' });
    device.emit({ type: 'progress', chat: 1, n: 2, direction: 'up', done: 5, total: 10, etaMs: 100 });
    device.emit({ type: 'file', chat: 1, n: 2, fileState: 'up' });
    end();
    await done;
    expect(of(events(), 'destroyed')).toEqual([{ event: 'destroyed', chat: 1, n: 1, why: 'deleted' }]);
    expect(of(events(), 'deletion').map(({ state }) => state)).toEqual(['asked', 'confirmed']);
    expect(of(events(), 'progress')).toEqual([
      { event: 'progress', chat: 1, n: 2, direction: 'up', done: 5, total: 10, etaMs: 100 },
    ]);
    expect(of(events(), 'file')).toEqual([{ event: 'file', chat: 1, n: 2, fileState: 'up' }]);
  });

  it('hold what others wrote without driving a terminal', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('\u001b]0;Alice\u0007');
    const { text, events, end, done, started } = start(device);
    await started;
    const said = 'a\u001b[2J\u009b31m\u202e\u2028\nb';
    alice.receive(said);
    end();
    await done;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is there is the point.
    expect(text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u202e]/);
    expect(of(events(), 'message')[0]).toMatchObject({ text: said });
  });

  it('takes lines one after another, and the next lines as answers to a question', async () => {
    const { device, events, send, end, done, started } = start();
    await started;
    send('/passphrase', 'old', 'new', 'new', '/chats');
    end();
    await done;
    expect(device.unlocks).toEqual([[{ passphrase: 'old' }, { passphrase: 'new' }]]);
    expect(of(events(), 'ask').map(({ question }) => question)).toHaveLength(3);
    expect(events().at(-1)).toEqual({ event: 'chats', chats: [] });
  });

  it('never print the key of a file', () => {
    const file = {
      key: new Uint8Array(32).fill(1),
      size: 12,
      name: 'a.txt',
      mediaType: 'text/plain',
      relay: 'wss://relay.example',
      expiresAt: 1,
    };
    const message: Message = {
      kind: 'file',
      file,
      fileState: 'remote',
      caption: 'look',
      n: 1,
      from: 'them',
      state: 'received',
      at: 0,
      timer: 'once',
    };
    expect(toJsonEvents({ type: 'message', chat: 1, message })).toEqual([
      expect.objectContaining({
        kind: 'file',
        file: { name: 'a.txt', size: 12, mediaType: 'text/plain' },
        fileState: 'remote',
        text: 'look',
        timer: 'once',
      }),
    ]);
  });

  it('end with the input, after what was asked for', async () => {
    const device = new FakeDevice();
    const { send, end, done, session } = start(device, LINK);
    send('hello');
    end();
    await done;
    expect(device.chat(1)?.entries).toMatchObject([{ text: 'hello' }]);
    expect(await Promise.race([session.left.then(() => 'left'), Promise.resolve('stays')])).toBe('stays');
  });

  it('end with /quit, whatever follows it', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { send, done } = start(device);
    send('/quit', 'hello');
    await done;
    expect(alice.entries).toEqual([]);
  });
});
