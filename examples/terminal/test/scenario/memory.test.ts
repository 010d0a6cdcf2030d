import { EventEmitter } from 'node:events';
import { getHeapSnapshot } from 'node:v8';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Keyboard } from '../../src/keyboard.ts';
import { Session } from '../../src/session.ts';
import { FullScreenView } from '../../src/views/full-screen/full-screen-view.ts';
import { Terminal } from '../../src/views/full-screen/terminal.ts';
import type { FakeChat } from '../support/fake-chat.ts';
import { FakeFiles } from '../support/fake-files.ts';
import { fakeKey } from '../support/fake-key.ts';
import { fakePhotos } from '../support/fake-photos.ts';
import { withAlice } from '../support/full-screen.ts';
import { KEY, VirtualInput } from '../support/virtual-terminal.ts';

/** A terminal that keeps nothing of what is written to it, but says whether a secret was there. */
class ForgetfulOutput extends EventEmitter {
  readonly columns = 80;
  readonly rows = 24;
  hasShown = 0;

  getColorDepth(): number {
    return 8;
  }

  write(text: string): boolean {
    this.hasShown += SECRET.test(text) ? 1 : 0;
    return true;
  }
}

const SECRET = /zebra\d{12}/;

/** A text that nobody but who is given it knows. */
function secret(): string {
  return `zebra${String(Math.random()).slice(2).padEnd(12, '0').slice(0, 12)}`;
}

/** Whether a string of the process holds a secret. Taking a snapshot collects what is not used any more. */
async function isInMemory(): Promise<boolean> {
  let rest = '';
  for await (const chunk of getHeapSnapshot()) {
    rest = rest.slice(-20) + String(chunk);
    if (SECRET.test(rest)) {
      return true;
    }
  }
  return false;
}

async function start() {
  const { device, alice } = withAlice();
  const [input, output] = [new VirtualInput(), new ForgetfulOutput()];
  const view = new FullScreenView(new Terminal(output), new Keyboard(input));
  onTestFinished(() => view.close());
  const options = { device: device.asDevice, profile: 'x', key: fakeKey('passphrase'), autoAccept: false };
  const session = new Session({ ...options, autoRead: true, files: new FakeFiles(), photos: fakePhotos(), view });
  view.attach(session);
  await session.start(undefined, Promise.resolve());
  return { alice, input, output };
}

async function said(alice: FakeChat, shown: () => number, say: () => void): Promise<void> {
  const before = shown();
  say();
  await expect.poll(shown).toBeGreaterThan(before);
  expect(await isInMemory()).toBe(true);
  for (const { n, kind } of alice.entries) {
    if (kind !== 'destroyed') {
      alice.destroy(n);
    }
  }
}

describe('a destroyed message', () => {
  it.each([
    ['theirs', (alice: FakeChat) => alice.receive(secret())],
    ['theirs, with a timer', (alice: FakeChat) => alice.receive(secret(), { timer: 60 })],
    ['mine', (_: FakeChat, input: VirtualInput) => input.write(`${secret()}${KEY.enter}`)],
    [
      'theirs, viewed',
      (alice: FakeChat, input: VirtualInput) => {
        alice.receive('', { kind: 'hidden', what: 'text', timer: 'once' });
        alice.behind.set(1, { kind: 'text', text: secret() });
        input.write(`/view 1${KEY.enter}`);
      },
    ],
  ])('%s, is nowhere in the memory of the program', async (_, say) => {
    const { alice, input, output } = await start();
    await said(
      alice,
      () => output.hasShown,
      () => say(alice, input),
    );
    await expect.poll(isInMemory, { timeout: 20_000, interval: 200 }).toBe(false);
  });
});
