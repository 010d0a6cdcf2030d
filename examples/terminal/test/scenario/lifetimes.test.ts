import type { Message } from '@secret-chat/client';
import { describe, expect, it } from 'vitest';
import { FakeDevice } from '../support/fake-device.ts';
import { PREVIEW } from '../support/fake-photos.ts';
import { type FullScreenOptions, fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { startedRig } from '../support/session.ts';
import { KEY } from '../support/virtual-terminal.ts';

/** 2026-11-23 12:00 UTC, where the clock of the screen begins. */
const NOW = Date.UTC(2026, 10, 23, 12);

/** What opens when the test says so. */
function gate() {
  let open = () => {};
  const closed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { closed, open: () => open() };
}

async function withChat(options: Partial<FullScreenOptions> = {}) {
  const { device, alice } = withAlice();
  return { alice, device, rig: await fullScreen({ device, ...options }) };
}

const HIDDEN: Partial<Message> = { kind: 'hidden', what: 'text', timer: 'once' };

describe('/timer', () => {
  it.each([
    ['off', 'off'],
    ['once', 'once'],
    ['3s', 3],
    ['1m', 60],
    ['1h', 3600],
    ['1d', 86_400],
    ['1w', 604_800],
    ['90', 90],
    ['36h', 129_600],
  ])('%s', async (word, timer) => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { session, last } = await startedRig({ device });
    expect(await session.enter(`/timer ${word}`)).toBe(true);
    expect(alice.timer).toBe(timer);
    expect(last('note')?.text).toMatch(/^Messages to come/);
  });
});

describe('a text with a timer', () => {
  it('is shown once the start of its countdown is on the disk, and not before', async () => {
    const { alice, rig } = await withChat();
    const disk = gate();
    alice.onDisk = disk.closed;
    alice.endsAt = NOW + 60_000;
    alice.receive('the code is 4711', { timer: 60 });
    await shows(rig, 'Alice (1m): …');
    expect(alice.marked).toEqual([[1]]);
    expect(rig.output.written).not.toContain('4711');
    disk.open();
    await shows(rig, 'Alice (1:00 left): the code is 4711');
  });

  it('stays veiled while it is above the screen, behind a panel, or in another chat', async () => {
    const { alice, device, rig } = await withChat({ rows: 12 });
    rig.type(`/help${KEY.enter}`);
    await shows(rig, 'Commands');
    alice.receive('seen by nobody', { timer: 60 });
    for (let i = 0; i < 12; i++) {
      alice.receive(`line ${i}`);
    }
    await rig.text();
    expect(alice.marked).toEqual([]);
    rig.type(KEY.escape);
    await shows(rig, 'line 11');
    expect(alice.marked.flat()).not.toContain(1);
    await rig.session.enter('/chat 1');
    device.addChat('Bob').receive('also with a timer', { timer: 3 });
    rig.type(KEY.pageUp.repeat(3));
    await shows(rig, 'seen by nobody');
    expect(alice.marked.flat()).toContain(1);
    expect(device.chat(2)?.marked).toEqual([]);
  });

  it('is shown at once with --no-auto-read; /read starts its countdown', async () => {
    const { alice, rig } = await withChat({ autoRead: false });
    alice.endsAt = NOW + 3000;
    alice.receive('short', { timer: 3 });
    await shows(rig, 'Alice (3s): short');
    expect(rig.clock.waiting).toBe(0);
    rig.type(`/read 1${KEY.enter}`);
    await shows(rig, 'Alice (3s left): short');
  });

  it('stays veiled when the disk fails, and the failure is told', async () => {
    const { alice, rig } = await withChat();
    alice.onDisk = Promise.reject(new Error('disk full'));
    alice.onDisk.catch(() => {});
    alice.receive('never stored', { timer: 60 });
    await shows(rig, 'disk full');
    expect(rig.output.written).not.toContain('never stored');
  });

  it('of mine counts down from when it was read', async () => {
    const { alice, rig } = await withChat();
    alice.timer = 3600;
    rig.type(`mine${KEY.enter}`);
    await shows(rig, 'You (1h): mine');
    alice.setState(1, 'sent');
    await shows(rig, '✓  You (1h): mine');
    alice.entries[0] = { ...(alice.entries[0] as Message), endsAt: NOW + 3_599_000 };
    alice.setState(1, 'read');
    await shows(rig, '✓✓ You (59:59 left): mine');
  });
});

describe('countdowns', () => {
  it('go down by the second, and are painted no more often', async () => {
    const { alice, rig } = await withChat();
    alice.endsAt = NOW + 3000;
    alice.receive('three', { timer: 3 });
    await shows(rig, '(3s left)');
    expect(rig.clock.waiting).toBe(1);
    rig.clock.moveOn(999);
    expect(await rig.text()).toContain('(3s left)');
    const before = rig.output.written.length;
    await rig.text();
    expect(rig.output.written.length).toBe(before);
    rig.clock.moveOn(1);
    await shows(rig, '(2s left)');
    rig.clock.moveOn(1000);
    await shows(rig, '(1s left)');
  });

  it('hide what is over, even before it was destroyed, and then nothing waits any more', async () => {
    const { alice, rig } = await withChat();
    alice.endsAt = NOW + 3000;
    alice.receive('gone in three', { timer: 3 });
    await shows(rig, 'gone in three');
    // The machine slept.
    rig.clock.moveOn(3_600_000);
    await expect.poll(() => rig.text()).not.toContain('gone in three');
    expect(rig.clock.waiting).toBe(0);
    alice.destroy(1);
    await expect.poll(() => rig.text()).not.toContain('Alice (');
  });

  it('cost nothing while none is on the screen', async () => {
    const { alice, rig } = await withChat({ rows: 12 });
    alice.endsAt = NOW + 60_000;
    alice.receive('scrolled away', { timer: 60 });
    await shows(rig, 'scrolled away');
    for (let i = 0; i < 12; i++) {
      alice.receive(`line ${i}`);
    }
    await shows(rig, 'line 11');
    expect(rig.clock.waiting).toBe(0);
  });
});

describe('/view', () => {
  it('opens what can be seen once, until Esc: then it is destroyed, and nothing of it stays', async () => {
    const { alice, rig } = await withChat();
    alice.receive('', HIDDEN);
    alice.behind.set(1, { kind: 'text', text: 'look once' });
    await shows(rig, 'a text that is hidden until you open it: /view 1');
    rig.type(`/view 1${KEY.enter}`);
    await shows(rig, 'look once');
    await shows(rig, 'It is destroyed when you close it.');
    // Neither typing nor another event closes it.
    rig.type(`x${KEY.enter}`);
    alice.receive('meanwhile');
    expect(await rig.text()).toContain('look once');
    expect(alice.calls).not.toContain('closeView 1');
    rig.type(KEY.escape);
    await shows(rig, 'meanwhile');
    expect(alice.calls).toContain('closeView 1');
    expect(await rig.text()).not.toContain('look once');
    expect((await rig.screen()).at(-1)).toBe('>');
  });

  it('closes by itself when the time is over', async () => {
    const { alice, rig } = await withChat();
    alice.receive('', { kind: 'hidden', what: 'text', timer: 3 });
    alice.behind.set(1, { kind: 'text', text: 'three seconds', endsAt: NOW + 3000 });
    rig.type(`/view 1${KEY.enter}`);
    await shows(rig, 'It destroys itself in 3s.');
    rig.clock.moveOn(1000);
    await shows(rig, 'It destroys itself in 2s.');
    alice.destroy(1);
    await expect.poll(() => rig.text()).not.toContain('three seconds');
    expect((await rig.screen()).at(-1)).toBe('>');
  });

  it('does not leave what can be seen once to the next one who looks, when the user leaves', async () => {
    const { alice, rig } = await withChat();
    alice.receive('', HIDDEN);
    alice.behind.set(1, { kind: 'text', text: 'look once' });
    rig.type(`/view 1${KEY.enter}`);
    await shows(rig, 'look once');
    rig.type(KEY.ctrlC);
    await rig.left;
    await rig.view.close();
    await rig.session.close();
    expect(alice.calls.at(-1)).toBe('closeView 1');
  });

  it.each([
    ['in colours', 8],
    ['in shades', 1],
  ])('shows a photo %s', async (_, colourDepth) => {
    const { alice, rig } = await withChat({ colourDepth });
    alice.receive('', { kind: 'hidden', what: 'file', timer: 'once', preview: PREVIEW });
    await shows(rig, 'a file that is hidden');
    // The blurred preview.
    await shows(rig, colourDepth === 8 ? /▀{5}/ : /[░▒▓█]{5}/);
    alice.behind.set(1, { kind: 'text', text: 'a photo' });
    alice.contents.set(1, new Uint8Array(4).fill(0xff));
    rig.type(`/view 1${KEY.enter}`);
    await shows(rig, 'It is destroyed when you close it.');
    expect(alice.calls.filter((call) => !call.startsWith('markRead'))).toEqual(['fetchFile 1', 'view 1']);
    expect(await rig.text()).toMatch(colourDepth === 8 ? /▀{20}/ : /░{20}/);
    if (colourDepth === 8) {
      // 196 is red.
      expect(rig.output.written).toContain('38;5;196;48;5;196m');
    }
    rig.type(KEY.escape);
    await expect.poll(() => alice.calls.at(-1)).toBe('closeView 1');
  });

  it.each([
    ['there is no library for photos', { hasPhotos: false }],
    ['there is no screen', { isScreen: false }],
  ])('does not use up what can be seen once where %s', async (_, options) => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    alice.receive('', { kind: 'hidden', what: 'file', timer: 'once' });
    const { session, last } = await startedRig({ device, ...options });
    expect(await session.enter('/view 1')).toBe(false);
    expect(last('error')?.message).toContain('/save 1');
    expect(alice.calls).toEqual([]);
  });

  it('does not use it up when it is no photo', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    alice.receive('', { kind: 'hidden', what: 'file', timer: 'once' });
    alice.contents.set(1, new Uint8Array([1, 2, 3]));
    const { session } = await startedRig({ device });
    expect(await session.enter('/view 1')).toBe(false);
    expect(alice.calls).toEqual(['fetchFile 1']);
  });
});

describe('destroyed messages', () => {
  it('disappear at once; those who answered them say so', async () => {
    const { alice, rig } = await withChat();
    alice.receive('a secret');
    alice.receive('about that', { replyTo: 1 });
    await shows(rig, '↳ 1 Alice: a secret');
    alice.destroy(1);
    await shows(rig, '↳ 1 Alice: [destroyed]');
    expect(await rig.text()).not.toContain('a secret');
    expect((await rig.text()).match(/destroyed/g)).toHaveLength(1);
  });

  it('do not come back with what was on its way from the store', async () => {
    const { device, alice } = withAlice();
    const late = gate();
    const { messages, message } = alice;
    alice.messages = async (query) => {
      const page = await messages.call(alice, query);
      await late.closed;
      return page;
    };
    alice.receive('raced');
    const rig = await fullScreen({ device });
    alice.destroy(1);
    late.open();
    alice.receive('after');
    await shows(rig, 'after');
    expect(rig.output.written).not.toContain('raced');

    const slow = gate();
    alice.message = async (n) => {
      const found = await message.call(alice, n);
      await slow.closed;
      return found;
    };
    alice.receive('also raced', { timer: 60 });
    await shows(rig, '(1m): …');
    alice.destroy(3);
    slow.open();
    await expect.poll(() => rig.text()).not.toContain('(1m)');
    expect(rig.output.written).not.toContain('also raced');
  });

  it('are deleted on both sides: asked first, and confirmed when the other side says so', async () => {
    const { alice, device, rig } = await withChat();
    alice.receive('one');
    alice.receive('two');
    alice.receive('three');
    await shows(rig, 'three');
    rig.type(`/delete 1 2${KEY.enter}`);
    await shows(rig, 'Messages 1, 2: destroyed here; the other side was asked to destroy it too.');
    expect((await rig.screen())[0]).toContain('2 not deleted there yet');
    expect(await rig.text()).not.toMatch(/Alice: (one|two)/);
    device.emit({ type: 'deletion', chat: 1, numbers: [1, 2], state: 'confirmed' });
    await shows(rig, 'the other side says that it destroyed it');
    expect((await rig.screen())[0]).not.toContain('not deleted');
  });

  it('are all of them after /clear', async () => {
    const { alice, rig } = await withChat();
    alice.receive('one');
    alice.receive('two');
    await shows(rig, 'two');
    rig.type(`/clear${KEY.enter}`);
    await shows(rig, 'The history is destroyed here.');
    expect(await rig.text()).not.toMatch(/Alice: /);
  });
});
