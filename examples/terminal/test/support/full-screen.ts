/**
 * The full-screen view on a virtual terminal, with a fake device.
 *
 * @module
 */

import { expect, onTestFinished } from 'vitest';
import { Keyboard } from '../../src/keyboard.ts';
import { Session } from '../../src/session.ts';
import { FullScreenView } from '../../src/views/full-screen/full-screen-view.ts';
import type { Graphics } from '../../src/views/full-screen/graphics.ts';
import { Terminal } from '../../src/views/full-screen/terminal.ts';
import type { FakeChat } from './fake-chat.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeDevice } from './fake-device.ts';
import { FakeFiles } from './fake-files.ts';
import { fakeKey } from './fake-key.ts';
import { fakePhotos } from './fake-photos.ts';
import { type VirtualTerminal, virtualTerminal } from './virtual-terminal.ts';

export interface FullScreenRig extends VirtualTerminal {
  readonly device: FakeDevice;
  readonly session: Session;
  readonly view: FullScreenView;
  readonly clock: FakeClock;
  /** Resolves when the user has left. */
  readonly left: Promise<void>;
}

export interface FullScreenOptions {
  readonly device?: FakeDevice;
  readonly columns?: number;
  readonly rows?: number;
  readonly colourDepth?: number;
  readonly graphics?: Graphics;
  readonly autoAccept?: boolean;
  readonly autoRead?: boolean;
}

/** 2026-11-23 12:00 UTC, until a test says otherwise. */
const NOW = Date.UTC(2026, 10, 23, 12);

export async function fullScreen(options: FullScreenOptions = {}): Promise<FullScreenRig> {
  const { device = new FakeDevice(), autoAccept = false, autoRead = true } = options;
  const clock = new FakeClock(NOW);
  const terminal = virtualTerminal(options.columns, options.rows, options.colourDepth);
  const view = new FullScreenView(new Terminal(terminal.output, options.graphics), new Keyboard(terminal.input), clock);
  onTestFinished(() => view.close());
  const session = new Session({
    device: device.asDevice,
    profile: 'default',
    key: fakeKey('passphrase'),
    files: new FakeFiles(),
    photos: fakePhotos(),
    autoAccept,
    autoRead,
    view,
  });
  view.attach(session);
  const left = view.run(session);
  await session.start(undefined, Promise.resolve());
  return { ...terminal, clock, device, session, view, left };
}

/** A device with one open chat. */
export function withAlice(): { readonly device: FakeDevice; readonly alice: FakeChat } {
  const device = new FakeDevice();
  return { device, alice: device.addChat('Alice') };
}

/** Waits until the screen shows it. */
export async function shows(rig: VirtualTerminal, part: string | RegExp): Promise<void> {
  await expect.poll(() => rig.text(), { interval: 1 }).toMatch(part);
}
