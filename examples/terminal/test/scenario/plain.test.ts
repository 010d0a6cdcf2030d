import { describe, expect, it } from 'vitest';
import { Session } from '../../src/session.ts';
import { plainView } from '../../src/views/plain/plain-view.ts';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { FakeFiles } from '../support/fake-files.ts';
import { fakeKey } from '../support/fake-key.ts';
import { fakePhotos } from '../support/fake-photos.ts';
import { pipes } from '../support/streams.ts';

async function start(device = new FakeDevice()) {
  const streams = pipes();
  const view = plainView(streams.input, streams.output);
  const options = {
    device: device.asDevice,
    profile: 'default',
    key: fakeKey('key-file'),
    files: new FakeFiles(),
    photos: fakePhotos(),
    autoAccept: false,
    autoRead: true,
    view,
  };
  const session = new Session(options);
  view.attach(session);
  await session.start(undefined, Promise.resolve());
  const done = view.run(session).then(() => view.close());
  const say = async (...lines: readonly string[]) => {
    streams.input.end(lines.map((line) => `${line}\r\n`).join(''));
    await done;
    return streams.lines();
  };
  return { device, say };
}

describe('plain lines', () => {
  it('show the invite and the exact command for the second terminal', async () => {
    const lines = await (await start()).say();
    expect(lines).toEqual([
      'ready: profile default, you are Me, relay ws://127.0.0.1:8787',
      expect.stringMatching(
        /^invite 1 \(for one person, on this machine, until 2026-12-0\d \d\d:\d\d\): secret-chat:ws:/,
      ),
      `the other person types: npm start -- ${LINK}`,
    ]);
  });

  it('are one for each event, whatever a text holds', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('A\nl\u001b[2Jice');
    const { say } = await start(device);
    alice.receive('one\ntwo\u001b[31m\u202e');
    alice.receive('ok', { replyTo: 1, timer: 60 });
    device.emit({ type: 'unverified', chat: 1 });
    const lines = await say('/chats');
    expect(lines.slice(-4)).toEqual([
      expect.stringMatching(/^chat 1: message 1 from them \(\d\d:\d\d\): one↵two␛\[31m‹U\+202E›$/),
      expect.stringMatching(/^chat 1: message 2 from them \(\d\d:\d\d, to 1, 1m\): ok$/),
      'chat 1: NOT VERIFIED any more: the fingerprint has changed. Compare it: /verify',
      'chat 1 *: A↵l␛[2Jice (open)',
    ]);
  });

  it('say something for every kind of event', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { say } = await start(device);
    for (const kind of ['unreadable', 'newer', 'lost'] as const) {
      alice.receive('', { kind });
    }
    alice.receive('', { kind: 'missing', count: 3 });
    alice.receive('', { kind: 'timer', chatTimer: 3600 });
    alice.destroy(1);
    device.emit({ type: 'missing', chat: 1, n: 4, count: 3 });
    device.emit({ type: 'typing', chat: 1, typing: true });
    device.emit({ type: 'typing', chat: 1, typing: false });
    device.emit({ type: 'stale', chat: 1, why: 'digest' });
    device.emit({ type: 'unreadable', chat: 1 });
    device.emit({ type: 'inviteEnded', invite: 3, why: 'expired' });
    device.emit({ type: 'error', code: 'STORE_FAILED', message: 'the disk failed: ENOSPC' });
    device.emit({ type: 'deletion', chat: 1, numbers: [2, 3], state: 'asked' });
    device.emit({ type: 'deletion', chat: 1, numbers: [2], state: 'confirmed' });
    device.emit({ type: 'file', chat: 1, n: 9, fileState: 'missing' });
    device.emit({ type: 'progress', chat: 1, n: 9, direction: 'up', done: 1, total: 2 });
    alice.receive('', { kind: 'hidden', what: 'text', timer: 'once' });
    alice.receive('', { kind: 'screenshot' });
    device.setLink({ state: 'online' });
    device.request('Bob', 'hi');
    const lines = await say(
      '/history',
      '/view 6',
      '/export x.json',
      '/timer 2h',
      '/requests',
      '/invites',
      '/verify 1',
      '/help',
      '/nonsense',
    );
    const text = lines.join('\n');
    for (const part of [
      '[a message that cannot be read: it is damaged]',
      '[a message that only a newer version can show]',
      '[a message that the sender did not have any more]',
      '[3 messages are missing and were asked for again]',
      '[timer of messages to come: 1h]',
      'message 1 destroyed: its timer ran out',
      'they are typing',
      'chat 1: message 3: destroyed here; the other side was asked to destroy it too',
      'chat 1: message 2: the other side says that it destroyed it',
      'file of message 9: not on the relay any more',
      'file of message 9 up 1 of 2 bytes',
      '[a text that is hidden until you open it: /view 6]',
      'viewed: chat 1: message 6 from them',
      '[took a screenshot]',
      'what relays hold for you was written to /home/me/x.json',
      'Messages to come destroy themselves 2h after they were read.',
      'stopped, nothing is sent any more: the two histories do not fit together',
      'invite 3 has expired',
      'error STORE_FAILED: The disk failed: ENOSPC.',
      'chat 2: Bob asks for a chat (/accept, /reject or /block) and says: hi',
      'chat 2: Bob (waits for your answer)',
      '10000 10001 10002 10003',
      '/reply <message> <text>',
      'error UNKNOWN_COMMAND',
    ]) {
      expect(text).toContain(part);
    }
    expect(lines.every((line) => line !== '')).toBe(true);
  });
});
