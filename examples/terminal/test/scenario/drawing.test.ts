/** Photos on terminals that draw pictures themselves: there while they are viewed, and gone with it. */

import type { Message } from '@secret-chat/client';
import { describe, expect, it } from 'vitest';
import type { Graphics } from '../../src/views/full-screen/graphics.ts';
import { PNG } from '../support/fake-photos.ts';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { KEY } from '../support/virtual-terminal.ts';

/** 2026-11-23 12:00 UTC, where the clock of the screen begins. */
const NOW = Date.UTC(2026, 10, 23, 12);
const DATA = Buffer.from(PNG).toString('base64');
const ESC = '\u001b';
const KITTY_DELETE = `${ESC}_Ga=d,d=I,i=1,q=2${ESC}\\`;
const ERASE_SCREEN = `${ESC}[2J`;

/** A name and a kind that would draw, answer, and set the title of the window. */
const EVIL = `${ESC}_Ga=T,f=100;AAAA${ESC}\\${ESC}]1337;File=inline=1:AAAA\u0007\u009b2J\u0090q#0~\u009c${ESC}[6n.jpg`;

/** A photo that is hidden until it is viewed, in a viewer. */
async function viewed(graphics: Graphics | undefined, more: Partial<Message> = {}, seen: Partial<Message> = {}) {
  const { device, alice } = withAlice();
  const rig = await fullScreen({ device, ...(graphics === undefined ? {} : { graphics }) });
  alice.receive('', { kind: 'hidden', what: 'file', timer: 'once', ...more } as Partial<Message>);
  const file = { key: new Uint8Array(32), size: 4, name: 'cat.jpg', mediaType: 'image/jpeg', relay: '', expiresAt: 1 };
  alice.behind.set(1, { kind: 'file', file, fileState: 'fetched', ...seen } as Partial<Message>);
  alice.contents.set(1, new Uint8Array(4).fill(0xff));
  rig.type(`/view 1${KEY.enter}`);
  await shows(rig, 'Message 1 from Alice');
  /** What is written from now on. */
  const since = (from = rig.output.written.length) => ({ written: () => rig.output.written.slice(from) });
  return { alice, rig, since };
}

/** Nothing of the picture is on the screen, nor in the terminal. */
function expectGone(graphics: Graphics, written: string): void {
  expect(written).toContain(ERASE_SCREEN);
  expect(written).not.toContain(DATA);
  if (graphics === 'kitty') {
    expect(written).toContain(KITTY_DELETE);
  }
}

describe.each(['kitty', 'iterm2'] as const)('a photo in a viewer, drawn by %s', (graphics) => {
  it('is drawn once, over half blocks, and is gone when it is closed', async () => {
    const { rig, since } = await viewed(graphics);
    expect(rig.output.written.split(DATA)).toHaveLength(2);
    expect(await rig.text()).toMatch(/▀{20}/);
    const closing = since();
    rig.type(KEY.escape);
    await expect.poll(() => rig.text()).not.toMatch(/▀/);
    expectGone(graphics, closing.written());
  });

  it('is gone when its time is over; the countdown before does not draw it again', async () => {
    const { alice, rig, since } = await viewed(graphics, { timer: 3 }, { endsAt: NOW + 3000 });
    await shows(rig, 'It destroys itself in 3s.');
    const counting = since();
    rig.clock.moveOn(1000);
    await shows(rig, 'It destroys itself in 2s.');
    expect(counting.written()).not.toMatch(new RegExp(`${DATA}|\\[2J`));
    const ending = since();
    alice.destroy(1);
    await expect.poll(() => rig.text()).not.toMatch(/▀/);
    expectGone(graphics, ending.written());
  });

  it('is drawn anew, smaller, in a window that became smaller', async () => {
    const { rig, since } = await viewed(graphics);
    const resizing = since();
    rig.resize(30, 10);
    await expect.poll(resizing.written).toContain(DATA);
    expect(resizing.written()).toMatch(graphics === 'kitty' ? /c=\d+,r=[1-5],/ : /width=\d+;height=[1-5];/);
  });

  it.each([
    ['leaves', (rig: Awaited<ReturnType<typeof viewed>>['rig']) => rig.view.close()],
    ['locks the profile', async (rig: Awaited<ReturnType<typeof viewed>>['rig']) => rig.view.detach()],
  ])('is gone when the user %s', async (_, leave) => {
    const { rig, since } = await viewed(graphics);
    const leaving = since();
    await leave(rig);
    await rig.text();
    expectGone(graphics, leaving.written());
  });
});

describe('what others send', () => {
  it.each(['kitty', 'iterm2', undefined] as const)('drives nothing by its name or kind: %s', async (graphics) => {
    const file = { key: new Uint8Array(32), size: 4, name: EVIL, mediaType: EVIL, relay: '', expiresAt: 1 };
    const { alice, rig } = await viewed(graphics, {}, { file, caption: EVIL } as Partial<Message>);
    rig.type(KEY.escape);
    alice.receive('', { kind: 'file', file, fileState: 'remote', caption: EVIL } as Partial<Message>);
    await shows(rig, '␛_Ga=T');
    // Places, colours and modes, and the picture itself.
    const own =
      graphics === 'kitty' ? ['_Ga=T,f=100,C=1,i=1,', '_Ga=d,d=I,i=1,', '\\'] : [']1337;File=inline=1;width='];
    const isOurs = (sequence: string) =>
      /^\[\??[\d;]*[mHKJhl]/.test(sequence) ||
      (graphics !== undefined && own.some((begin) => sequence.startsWith(begin)));
    const [, ...sequences] = rig.output.written.split(ESC);
    expect(sequences.filter((sequence) => !isOurs(sequence))).toEqual([]);
    expect(rig.output.written.split(DATA)).toHaveLength(graphics === undefined ? 1 : 2);
    expect(rig.output.written).not.toMatch(/[\u0080-\u009f]/);
  });
});
