import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findSharp } from '../../src/photos/sharp-library.ts';
import { ProgramProcess } from '../support/program-process.ts';
import { relayElsewhere } from '../support/relay-elsewhere.ts';
import { hasTmux, Tmux } from '../support/tmux.ts';

const TIMEOUT = { timeout: 30_000, interval: 50 };
const isPossible = hasTmux() && (await findSharp()) !== undefined;

/** Noise, which no format makes small: more than is fetched without being asked for. */
async function largePhoto(file: string): Promise<void> {
  const { default: sharp } = await import('sharp');
  const [width, height] = [2560, 1920];
  await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(file);
}

describe.skipIf(!isPossible)('a large photo that is hidden (skipped without tmux or sharp)', () => {
  it('is a blur until it is viewed, is fetched then, and leaves the screen for good', async () => {
    const { relay, folder } = await relayElsewhere();
    const photo = path.join(folder, 'noise.png');
    await largePhoto(photo);
    const options = ['--data', folder, '--relay', relay];
    const alice = new ProgramProcess('node', [...options, '--profile', 'alice', '--name', 'Alice', '--accept']);
    onTestFinished(async () => {
      alice.signal('SIGKILL');
      await alice.exited;
    });
    const { link } = await alice.told({ event: 'invite' });
    const tmux = new Tmux();
    onTestFinished(() => tmux.close());
    const bob = await tmux.open();
    await bob.enter(`npm start -- ${options.join(' ')} --profile bob --name Bob ${link}`);
    await expect.poll(() => bob.text(), TIMEOUT).toContain('New passphrase');
    await bob.press('Enter');
    await expect.poll(() => bob.text(), TIMEOUT).toContain('The chat with Alice is open');

    alice.enter('/timer once', `/photo ${photo}`);
    await expect.poll(() => bob.text(), TIMEOUT).toMatch(/\/view \d+\]/);
    const [, n] = /\/view (\d+)\]/.exec(await bob.text()) ?? [];
    // The blur beside its message is narrower than the photo.
    expect(await bob.text()).toMatch(/▀{8}/);
    expect(await bob.text()).not.toMatch(/▀{30}/);
    await bob.enter(`/view ${n}`);
    await expect.poll(() => bob.text(), TIMEOUT).toMatch(/▀{30}/);
    expect(await bob.text()).toContain('It is destroyed when you close it.');
    await alice.told({ event: 'destroyed', why: 'timer' });
    await bob.press('Escape');
    await expect.poll(() => bob.text(), TIMEOUT).not.toMatch(/▀/);
    await bob.enter('/quit');
  });
});
