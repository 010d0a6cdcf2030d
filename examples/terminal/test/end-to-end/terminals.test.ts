import { describe, expect, it, onTestFinished } from 'vitest';
import { relayElsewhere } from '../support/relay-elsewhere.ts';
import { hasTmux, Tmux } from '../support/tmux.ts';

const TIMEOUT = { timeout: 30_000, interval: 50 };
const LINK = /npm start -- (secret-chat:\S+)/;

describe.skipIf(!hasTmux())('two terminals (skipped where there is no tmux)', () => {
  it('meet, talk, compare, and leave nothing behind', async () => {
    const { relay, folder } = await relayElsewhere();
    const tmux = new Tmux();
    onTestFinished(() => tmux.close());
    const [first, second] = [await tmux.open(), await tmux.open(60, 30)];
    const options = `--data ${folder} --relay ${relay}`;

    await first.enter(`npm start -- ${options} --profile first --name Alice; echo "ended: $?"`);
    await expect.poll(() => first.text(), TIMEOUT).toContain('New passphrase');
    await first.enter('correct horse');
    await expect.poll(() => first.text(), TIMEOUT).toContain('once more');
    await first.enter('correct horse');
    await expect.poll(() => first.text(), TIMEOUT).toMatch(LINK);
    const [, link] = LINK.exec(await first.text()) ?? [];

    await second.enter(`npm start -- ${options} --profile second --name Bob ${link}; echo "ended: $?"`);
    await expect.poll(() => second.text(), TIMEOUT).toContain('New passphrase');
    await second.press('Enter');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Bob asks you for a chat');
    await first.enter('/accept');
    await expect.poll(() => second.text(), TIMEOUT).toContain('The chat with Alice is open');

    await first.enter('Hello 你好 👋');
    await expect.poll(() => second.text(), TIMEOUT).toContain('Alice: Hello 你好 👋');
    await expect.poll(() => first.text(), TIMEOUT).toContain('✓✓ You: Hello');
    await second.enter('/reply 1 Hi!');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Bob: Hi!');

    await first.enter('/verify');
    await second.enter('/verify');
    await expect.poll(() => first.text(), TIMEOUT).toContain('/verified remembers it');
    await expect.poll(() => second.text(), TIMEOUT).toMatch(/\d{5} \d{5} \d{5} \d{5}/);
    const digits = async (text: Promise<string>) => (await text).match(/(\d{5} ){3}\d{5}/g);
    expect(await digits(second.text())).toEqual(await digits(first.text()));

    await first.resize(40, 12);
    await first.press('Escape');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Bob: Hi!');

    await first.enter('/timer once');
    await first.enter('look once');
    await second.press('Escape');
    await expect.poll(() => second.text(), TIMEOUT).toMatch(/\/view \d+\]/);
    const [, number] = /\/view (\d+)\]/.exec(await second.text()) ?? [];
    await second.enter(`/view ${number}`);
    await expect.poll(() => second.text(), TIMEOUT).toContain('look once');
    await second.press('Escape');
    await expect.poll(() => second.text(), TIMEOUT).not.toContain('look once');
    await expect.poll(() => first.text(), TIMEOUT).not.toContain('look once');

    await first.enter('/lock');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Locked. Passphrase:');
    expect(await first.text()).not.toContain('Hi!');
    await first.enter('correct horse');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Bob: Hi!');

    await first.press('C-c');
    await second.enter('/quit');
    for (const terminal of [first, second]) {
      await expect.poll(() => terminal.text(), TIMEOUT).toContain('ended: 0');
      expect(await terminal.scrolledText()).not.toMatch(/Hello 你好|Hi!|correct horse/);
    }

    // What was said is there again, behind the passphrase.
    await first.enter(`clear; npm start -- ${options} --profile first`);
    await expect.poll(() => first.text(), TIMEOUT).toContain('Passphrase:');
    await first.enter('wrong');
    await expect.poll(() => first.text(), TIMEOUT).toContain('The passphrase is wrong.');
    await first.enter('correct horse');
    await expect.poll(() => first.text(), TIMEOUT).toContain('Bob: Hi!');
  });
});
