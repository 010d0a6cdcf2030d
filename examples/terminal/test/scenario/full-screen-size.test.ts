import { describe, expect, it } from 'vitest';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { KEY } from '../support/virtual-terminal.ts';

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

describe('a narrow window', () => {
  it('shows every word of what there is to do first', async () => {
    const rig = await fullScreen({ columns: 40 });
    await shows(rig, 'In the second terminal');
    rig.type(KEY.escape);
    await shows(rig, /\/join\s+<link>\s+uses\s+one/);
  });

  it('shows what a command does below it', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device, columns: 40, rows: 100 });
    rig.type(`/help${KEY.enter}`);
    await shows(rig, '/reply <message> <text>\n  answers a message\n');
  });
});

describe('help', () => {
  it('has a column for what commands do, also where that takes two rows', async () => {
    const { device } = withAlice();
    const rig = await fullScreen({ device, rows: 100 });
    rig.type(`/help${KEY.enter}`);
    await shows(rig, /^\/cancel \[message\] {8}takes back a request .*\n {25}\S.* of that file$/m);
    await shows(rig, /^\/reply <message> <text> {2}answers a message$/m);
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
