import { describe, expect, it } from 'vitest';
import { fullScreen, shows, withAlice } from '../support/full-screen.ts';
import { KEY, pasted } from '../support/virtual-terminal.ts';

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
