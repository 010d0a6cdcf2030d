import { describe, expect, it } from 'vitest';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { fullScreen, shows } from '../support/full-screen.ts';
import { startedRig } from '../support/session.ts';

/** Slips of the keyboard and of the clipboard: nothing is done that was not meant, and what was meant is understood. */
async function withAlice() {
  const device = new FakeDevice();
  const alice = device.addChat('Alice');
  return { alice, ...(await startedRig({ device })) };
}

describe('a command that stands alone', () => {
  it.each(['/clear 3', '/lock now', '/passphrase hunter2', '/quit Alice', '/chats 1', '/requests 1', '/invites 1'])(
    '%s does nothing',
    async (line) => {
      const { session, alice, last, questions } = await withAlice();
      alice.receive('stays');
      expect(await session.enter(line)).toBe(false);
      expect(last('error')).toMatchObject({ code: 'USAGE', message: expect.stringContaining('stands alone') });
      expect(last('error')?.message).not.toContain('hunter2');
      expect(alice.entries).toMatchObject([{ text: 'stays' }]);
      expect(questions).toEqual([]);
    },
  );

  it('/help tells of one command, or of all', async () => {
    const { session, last } = await withAlice();
    const names = async (line: string) => {
      await session.enter(line);
      return last('help')?.commands.map(({ name }) => name);
    };
    expect(await names('/help clear')).toEqual(['clear']);
    expect(await names('/help /clear')).toEqual(['clear']);
    const all = await names('/help');
    expect(all).toContain('quit');
    expect(await names('/help what')).toEqual(all);
  });
});

describe('/block while a request waits', () => {
  it('does not guess whether it means the chat on the screen', async () => {
    const { session, alice, device, last } = await withAlice();
    const mallory = device.request('Mallory');
    expect(await session.enter('/block')).toBe(false);
    expect(last('error')?.message).toMatch(/\/block 1\b.*\/block 2\b/);
    expect(device.chats).toEqual([alice, mallory]);
  });

  it('means the request that is on the screen', async () => {
    const { session, alice, device } = await withAlice();
    device.request('Mallory');
    await session.enter('/chat 2');
    await session.enter('/block');
    expect(device.chats).toEqual([alice]);
  });
});

describe('numbers of messages that are not there', () => {
  it.each(['/delete', '/read'])('%s tells them, and takes the others', async (command) => {
    const { session, alice, last } = await withAlice();
    alice.receive('one');
    expect(await session.enter(`${command} 1 99`)).toBe(false);
    expect(last('error')).toMatchObject({ code: 'NOT_FOUND', message: 'There is no message 99.' });
    expect(alice.entries[0]).toMatchObject(command === '/delete' ? { kind: 'destroyed' } : { state: 'read' });
    expect(await session.enter(`${command} 98 99`)).toBe(false);
    expect(last('error')?.message).toBe('There are no messages 98, 99.');
  });
});

describe('what a system says', () => {
  it.each([
    ['/file gone.txt', 'The file cannot be read: there is nothing of that name (ENOENT).'],
    ['/revoke 4', 'There is no invite 4.'],
  ])('%s is told in words', async (line, message) => {
    const { session, last } = await withAlice();
    await session.enter(line);
    expect(last('error')?.message).toBe(message);
  });
});

describe('requests that come one after another', () => {
  it('are all on the screen', async () => {
    const screen = await fullScreen();
    screen.device.request('Ann', 'it is me');
    await shows(screen, /1 {2}Ann asks you for a chat and says: it is me/);
    screen.device.request('Ben', 'me too');
    await shows(screen, /1 {2}Ann asks you for a chat\n +2 {2}Ben asks you for a chat and says: me too/);
  });
});

describe('a request while another chat is on the screen', () => {
  it('is told with the number that its answer needs', async () => {
    const device = new FakeDevice();
    device.addChat('Alice');
    const screen = await fullScreen({ device });
    device.request('Bob');
    await shows(screen, 'Bob asks you for a chat: /accept 2, /reject 2 or /block 2');
  });
});

describe('an invite', () => {
  it.each([
    ['with the command before it', `npm start -- ${LINK}`],
    ['broken into lines', `${LINK.slice(0, 40)}\r\n  ${LINK.slice(40, 70)}\n${LINK.slice(70)}`],
    ['in brackets', `<${LINK}>.`],
    ['in quotes', `"${LINK}"`],
    ['with what a mail program puts into long words', `${LINK.slice(0, 40)}\u200b${LINK.slice(40)}`],
  ])('is understood %s', async (_, pasted) => {
    const { session, device } = await withAlice();
    expect(await session.enter(`/join ${pasted}`)).toBe(true);
    expect(device.joined).toEqual([LINK]);
  });
});
