import { describe, expect, it } from 'vitest';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { fullScreen } from '../support/full-screen.ts';
import { KEY, pasted } from '../support/virtual-terminal.ts';

function withAlice() {
  const device = new FakeDevice();
  return { device, alice: device.addChat('Alice') };
}

/** Waits until the screen shows it. */
async function shows(rig: { text(): Promise<string> }, part: string | RegExp): Promise<void> {
  await expect.poll(() => rig.text(), { interval: 1 }).toMatch(part);
}

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
    await shows(rig, 'this cannot be done while the chat is stale');
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

describe('the input line', () => {
  it('edits by characters as people see them', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device });
    rig.type('a漢👩‍👩‍👧b');
    await shows(rig, '> a漢👩‍👩‍👧b');
    rig.type(KEY.left + KEY.backspace);
    await shows(rig, '> a漢b');
    expect(await rig.cursor()).toEqual([5, 23]);
    rig.type(`${KEY.home}x${KEY.end}y${KEY.ctrlA}${KEY.delete}${KEY.ctrlE} two words${KEY.ctrlW}`);
    await shows(rig, '> a漢by two');
    rig.type(`${KEY.ctrlLeft}${KEY.ctrlK}`);
    await expect.poll(async () => (await rig.screen()).at(-1)).toBe('> a漢by');
    rig.type(KEY.ctrlU);
    await expect.poll(async () => (await rig.screen()).at(-1)).toBe('>');
  });

  it('takes pasted text whole, with its lines, and sends it as one text', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    rig.type(pasted('one\ntwo\nthree'));
    await expect.poll(async () => (await rig.screen()).slice(-3)).toEqual(['> one', '  two', '  three']);
    expect(alice.entries).toEqual([]);
    rig.type(`${KEY.altEnter}four${KEY.enter}`);
    await expect.poll(() => alice.entries).toMatchObject([{ text: 'one\ntwo\nthree\nfour' }]);
    await shows(rig, /You: one\n +two\n +three\n +four\n/);
  });

  it('wraps, and shows the part with the cursor if it is too long', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device, columns: 40, rows: 12 });
    rig.type(pasted(Array.from({ length: 9 }, (_, i) => `line ${i}`).join('\n')));
    await expect
      .poll(async () => (await rig.screen()).slice(-4))
      .toEqual(['  line 5', '  line 6', '  line 7', '  line 8']);
    rig.type(KEY.ctrlC);
    await rig.left;
  });

  it('brings back what was typed, but not what was destroyed', async () => {
    const { device, alice } = withAlice();
    const rig = await fullScreen({ device });
    rig.type(`first${KEY.enter}/chats${KEY.enter}draft`);
    await shows(rig, '> draft');
    rig.type(KEY.up);
    await shows(rig, '> /chats');
    rig.type(KEY.up);
    await shows(rig, '> first');
    rig.type(KEY.down + KEY.down);
    await shows(rig, '> draft');
    alice.destroy(1);
    rig.type(KEY.up + KEY.up);
    await shows(rig, '> /chats');
  });

  it('completes commands', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device });
    rig.type(`/ver${KEY.tab}`);
    await shows(rig, '/verify /verified');
    await shows(rig, '> /verif');
    rig.type(`y${KEY.tab}`);
    await shows(rig, '> /verify');
    rig.type(KEY.enter);
    await shows(rig, 'Fingerprint of the chat with Alice');
    rig.type(KEY.escape);
    await expect.poll(() => rig.text()).not.toContain('Fingerprint');
  });

  it('does not show a passphrase, not even its length', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device });
    rig.type(`/passphrase${KEY.enter}`);
    await shows(rig, 'Passphrase now:');
    const before = await rig.screen();
    rig.type('hunter2');
    expect(await rig.screen()).toEqual(before);
    rig.type(KEY.enter);
    await shows(rig, 'New passphrase');
    rig.type(`new${KEY.enter}`);
    await shows(rig, 'once more');
    rig.type(`new${KEY.enter}`);
    await shows(rig, 'opens with the new passphrase');
    expect(device.unlocks).toEqual([[{ passphrase: 'hunter2' }, { passphrase: 'new' }]]);
    expect(rig.output.written).not.toContain('hunter2');
    rig.type(KEY.up);
    await shows(rig, '> /passphrase');
  });
});

describe('scrolling', () => {
  it('loads older messages, and keeps its place when something new comes', async () => {
    const { device, alice } = withAlice();
    for (let i = 1; i <= 130; i++) {
      alice.receive(`message number ${i}`);
    }
    const rig = await fullScreen({ device });
    await shows(rig, 'message number 130');
    for (let page = 0; page < 8; page++) {
      rig.type(KEY.pageUp);
      await rig.screen();
    }
    await shows(rig, 'message number 1\n');
    const before = (await rig.screen()).slice(1, -2);
    alice.receive('something new');
    expect((await rig.screen()).slice(1, -2)).toEqual(before);
    expect(await rig.text()).toContain('newer messages are below');
    rig.type(KEY.pageDown.repeat(9));
    await shows(rig, 'something new');
    expect(await rig.text()).not.toContain('newer messages are below');
  });
});

describe('every width', () => {
  it.each([20, 40, 80, 200])('%i columns show a chat without a row that is too wide', async (columns) => {
    const { device, alice } = withAlice();
    alice.receive('漢字'.repeat(60));
    alice.receive(`${'x'.repeat(300)} and more`, { replyTo: 1 });
    alice.receive('👩‍👩‍👧'.repeat(80));
    const rig = await fullScreen({ device, columns, rows: 40 });
    rig.type('漢'.repeat(70));
    for (const part of ['漢', 'x', '👩']) {
      await shows(rig, part);
    }
    const [column] = await rig.cursor();
    expect(column).toBeLessThan(columns);
    expect((await rig.screen())[0]).toMatch(/^ Alice/);
  });

  it('is painted anew when the window changes', async () => {
    const { device, alice } = withAlice();
    alice.receive('some words that are broken into rows by and by, as the window is made smaller');
    const rig = await fullScreen({ device });
    await shows(rig, 'some words');
    for (const [columns, rows] of [
      [40, 24],
      [40, 10],
      [120, 30],
      [30, 5],
      [10, 3],
      [80, 24],
    ] as const) {
      rig.resize(columns, rows);
      const screen = await rig.screen();
      expect(screen).toHaveLength(rows);
      expect(screen.at(-1)).toBe('>');
    }
    await shows(rig, 'some words that are broken');
    expect((await rig.screen())[0]).toContain('not verified');
  });

  it('does without colours', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device, colourDepth: 1 });
    rig.type(`/verify${KEY.enter}`);
    await shows(rig, /# o - \+ \. X \^ : # o -/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences.
    expect(rig.output.written).not.toMatch(/\u001b\[[0-9;]*[34]8;5/);
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
