import { describe, expect, it } from 'vitest';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { KEY } from '../support/virtual-terminal.ts';

describe('a first start', () => {
  it('shows an invite: the command to copy as one line, and a code', async () => {
    const rig = await fullScreen({ rows: 45 });
    await shows(rig, 'In the second terminal:');
    expect(rig.isFullScreen()).toBe(true);
    expect(await rig.copied()).toContain(`npm start -- ${LINK}`);
    expect(await rig.copied()).toContain(LINK);
    expect(await rig.text()).toMatch(/[█▀▄]{5}/);
    expect((await rig.screen())[0]).toContain('no chat yet');
  });

  it('shows the whole code on 80 × 24 after PageDown', async () => {
    const rig = await fullScreen();
    await shows(rig, 'PageDown shows more');
    rig.type(KEY.pageDown.repeat(3));
    // 43 modules, two in a row.
    await expect
      .poll(async () => (await rig.screen()).filter((row) => /[█▀▄]/.test(row)).length, { interval: 1 })
      .toBe(21);
  });

  it('asks about whoever uses it, and opens the chat', async () => {
    const rig = await fullScreen();
    rig.device.request('Bob', 'it is\u001b[2J me');
    await shows(rig, 'Bob asks you for a chat and says: it is␛[2J me');
    rig.type(`/accept${KEY.enter}`);
    await shows(rig, 'not verified: /verify');
    expect((await rig.screen())[0]).toContain('Bob');
    await shows(rig, 'The chat with Bob is open');
  });
});

describe('a chat', () => {
  it('shows texts, times, marks, replies and timers', async () => {
    const { device, alice } = withAlice();
    alice.receive('how are you?');
    const rig = await fullScreen({ device });
    rig.type(`fine${KEY.enter}`);
    await shows(rig, /2 \d\d:\d\d · {2}You: fine/);
    alice.setState(2, 'sent');
    await shows(rig, /2 \d\d:\d\d ✓ {2}You: fine/);
    alice.setState(2, 'read');
    await shows(rig, /2 \d\d:\d\d ✓✓ You: fine/);
    alice.receive('good', { replyTo: 2, timer: 60 });
    await shows(rig, /↳ 2 You: fine\n +3 \d\d:\d\d {4}Alice \(1m\): good/);
  });

  it('tells what was seen, once, and marks what was not read', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.receive('one');
    alice.receive('two');
    await expect.poll(() => alice.marked).toEqual([[1, 2]]);
    await shows(rig, /1 \d\d:\d\d {4}Alice: one/);
    expect(alice.marked).toHaveLength(1);

    const other = withAlice();
    const silent = await fullScreen({ device: other.device, autoRead: false });
    other.alice.receive('three');
    await shows(silent, '● ');
    expect(other.alice.marked).toEqual([]);
    silent.type(`/read 1${KEY.enter}`);
    await expect.poll(async () => silent.text()).not.toContain('● ');
  });

  it('shows what is missing, late, lost, and destroyed', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.receive('', { kind: 'missing', count: 2 });
    alice.receive('after the gap');
    alice.receive('late', { place: 1 });
    alice.receive('secret', { timer: 3 });
    alice.receive('about that', { replyTo: 4 });
    await shows(rig, 'secret');
    expect((await rig.text()).indexOf('late')).toBeLessThan((await rig.text()).indexOf('after the gap'));
    alice.destroy(4);
    await shows(rig, '[destroyed]');
    expect(await rig.text()).toMatch(/↳ 4 Alice: \[destroyed\]/);
    expect(await rig.text()).not.toContain('secret');
  });

  it('shows who is typing until they have written', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    device.emit({ type: 'typing', chat: 1, typing: true });
    await shows(rig, 'typing…');
    alice.receive('done');
    await shows(rig, 'Alice: done');
    expect(await rig.text()).not.toContain('typing…');
    rig.type('h');
    await expect.poll(() => alice.typed).toBe(1);
  });

  it('shows how the connection stands, and that the fingerprint was compared', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    device.setLink({ state: 'waiting', retryAtMs: 0, reason: 'refused' });
    await shows(rig, 'offline');
    alice.timer = 3600;
    rig.type(`/verified${KEY.enter}`);
    await shows(rig, '✓ verified');
    expect((await rig.screen())[0]).toContain('timer 1h');
  });

  it('says what happens in other chats, and goes there', async () => {
    const { device, alice } = withAlice();
    device.addChat('Bob');
    const rig = await fullScreen({ device });
    alice.receive('psst');
    await shows(rig, 'Alice wrote in chat 1');
    expect((await rig.screen())[0]).toContain('1 unread elsewhere');
    expect(await rig.text()).not.toContain('psst');
    rig.type(`/chat 1${KEY.enter}`);
    await shows(rig, 'Alice: psst');
  });

  it('keeps a text that could not be sent', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    alice.state = 'stale';
    rig.type(`precious${KEY.enter}`);
    await shows(rig, 'This cannot be done while the chat is stale');
    await shows(rig, '> precious');
  });

  it('cannot be driven by what the other side writes', async () => {
    const device = new FakeDevice();
    const evil = device.addChat('Ev\u001b[1;1Hil\nname');
    const rig = await fullScreen({ device });
    evil.receive('\u001b[2J\u001b]0;pwned\u0007\u001b[?1049l\u009b5n\u202e reversed');
    await shows(rig, /␛\[2J␛\]0;pwned␇␛\[\?1049l‹U\+009B›5n‹U\+202E› reversed/);
    expect(rig.isFullScreen()).toBe(true);
    expect((await rig.screen())[0]).toContain('Ev␛[1;1Hil↵name');
  });
});

describe('the way out', () => {
  it.each([
    ['Ctrl-C', KEY.ctrlC],
    ['Ctrl-D', KEY.ctrlD],
    ['/quit', `/quit${KEY.enter}`],
  ])('%s leaves nothing of the conversation behind', async (_, keys) => {
    const { device, alice } = withAlice();
    alice.receive('secret');
    const rig = await fullScreen({ device });
    await shows(rig, 'secret');
    rig.type(keys);
    await rig.left;
    await rig.view.close();
    alice.receive('another secret');
    await rig.text();
    expect(rig.isFullScreen()).toBe(false);
    const buffer = rig.output.emulator.buffer;
    for (const part of [buffer.normal, buffer.alternate]) {
      const lines = Array.from({ length: part.length }, (_row, i) => part.getLine(i)?.translateToString(true));
      expect(lines.join('')).toBe('');
    }
    expect(rig.output.written).not.toContain('another secret');
    expect(rig.output.written.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  it('is taken when the terminal is gone', async () => {
    const rig = await fullScreen();
    rig.input.end();
    await rig.left;
    await rig.view.close();
    await rig.text();
    expect(rig.isFullScreen()).toBe(false);
  });

  it('gives the terminal back at the end of the process', async () => {
    const rig = await fullScreen();
    const before = process.listenerCount('exit');
    process.emit('exit', 0);
    await rig.text();
    expect(rig.isFullScreen()).toBe(false);
    expect(process.listenerCount('exit')).toBeLessThan(before);
  });

  it('takes the terminal again after the process was stopped', async () => {
    const { device, alice } = withAlice();
    alice.receive('hello');
    const rig = await fullScreen({ device });
    await shows(rig, 'hello');
    rig.output.write('\u001b[?1049l');
    rig.input.isRaw = false;
    rig.view.resume();
    await shows(rig, 'hello');
    expect(rig.isFullScreen()).toBe(true);
    expect(rig.input.isRaw).toBe(true);
    rig.output.write('\u001b[Hgarbage');
    rig.type(KEY.ctrlL);
    await expect.poll(() => rig.text()).not.toContain('garbage');
  });
});
