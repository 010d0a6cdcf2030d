import { describe, expect, it } from 'vitest';
import { type Input, Keyboard } from '../../src/keyboard.ts';
import { askSecret } from '../../src/secret-prompt.ts';
import { pipes } from '../support/streams.ts';
import { KEY, pasted, VirtualInput } from '../support/virtual-terminal.ts';

function listening() {
  const input = new VirtualInput();
  const keyboard = new Keyboard(input);
  const inputs: Input[] = [];
  keyboard.listen((one) => inputs.push(one));
  return { input, keyboard, inputs };
}

describe('the keyboard', () => {
  it('tells characters, keys and pasted text apart', async () => {
    const { input, inputs } = listening();
    input.write(`aé漢😀${KEY.enter}${KEY.altEnter}${KEY.up}${KEY.ctrlC}${KEY.tab}${pasted('x\ny\u001b[A')}b`);
    await expect.poll(() => inputs.at(-1)).toEqual({ kind: 'text', text: 'b' });
    expect(inputs).toEqual([
      ...['a', 'é', '漢', '😀'].map((text) => ({ kind: 'text', text })),
      { kind: 'key', name: 'return', ctrl: false, meta: false },
      { kind: 'key', name: 'return', ctrl: false, meta: true },
      { kind: 'key', name: 'up', ctrl: false, meta: false },
      { kind: 'key', name: 'c', ctrl: true, meta: false },
      { kind: 'key', name: 'tab', ctrl: false, meta: false },
      { kind: 'paste', text: 'x\ny\u001b[A' },
      { kind: 'text', text: 'b' },
    ]);
  });

  it('puts bytes together that come in parts', async () => {
    const { input, inputs } = listening();
    const bytes = Buffer.from(`😀${KEY.pageUp}`);
    for (const byte of bytes) {
      input.write(Buffer.of(byte));
    }
    await expect.poll(() => inputs).toHaveLength(2);
    expect(inputs).toEqual([
      { kind: 'text', text: '😀' },
      { kind: 'key', name: 'pageup', ctrl: false, meta: false },
    ]);
  });

  it('keeps what was typed while nobody listened', async () => {
    const { input, keyboard } = listening();
    keyboard.listen(undefined);
    input.write('ab');
    await new Promise((resolve) => setImmediate(resolve));
    const later: Input[] = [];
    keyboard.listen((one) => {
      later.push(one);
      keyboard.listen(undefined);
    });
    expect(later).toEqual([{ kind: 'text', text: 'a' }]);
    keyboard.listen((one) => later.push(one));
    expect(later).toHaveLength(2);
  });

  it('has the terminal in raw mode until it is closed, and tells its end', async () => {
    const { input, keyboard } = listening();
    expect(input.isRaw).toBe(true);
    input.end();
    await keyboard.ended;
    keyboard.close();
    expect(input.isRaw).toBe(false);
  });
});

describe('a question for a secret', () => {
  it.each([
    ['a line', `hunter2${KEY.enter}`, 'hunter2'],
    ['corrections', `hx${KEY.backspace}unter😀${KEY.backspace}2${KEY.enter}`, 'hunter2'],
    ['a new beginning', `wrong${KEY.ctrlU}hunter2\n`, 'hunter2'],
    ['pasted text', `${pasted('hunter2')}${KEY.enter}`, 'hunter2'],
    ['nothing', KEY.enter, ''],
    ['giving up', `hun${KEY.ctrlC}`, undefined],
    ['the end of input', KEY.ctrlD, undefined],
  ])('takes %s and shows nothing of it', async (_, keys, secret) => {
    const input = new VirtualInput();
    const { output, text } = pipes();
    const answer = askSecret(new Keyboard(input), output, 'Passphrase: ');
    input.write(keys);
    expect(await answer).toBe(secret);
    expect(text()).toBe('Passphrase: \r\n');
  });

  it('leaves to the next question what was typed ahead', async () => {
    const input = new VirtualInput();
    const { output } = pipes();
    const keyboard = new Keyboard(input);
    input.write(`one${KEY.enter}two${KEY.enter}`);
    expect(await askSecret(keyboard, output, 'First: ')).toBe('one');
    expect(await askSecret(keyboard, output, 'Second: ')).toBe('two');
  });
});
