import { describe, expect, it } from 'vitest';
import { commandHelp, completions } from '../../src/commands/table.ts';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { startedRig } from '../support/session.ts';

async function withAlice() {
  const device = new FakeDevice();
  const alice = device.addChat('Alice');
  return { alice, ...(await startedRig({ device })) };
}

describe('texts', () => {
  it('go to the chat in focus', async () => {
    const { session, alice } = await withAlice();
    await session.enter('hello');
    await session.enter('//shrug');
    await session.enter('  /not a command');
    expect(alice.entries.map((entry) => entry.kind === 'text' && entry.text)).toEqual([
      'hello',
      '/shrug',
      '  /not a command',
    ]);
  });

  it('need a chat', async () => {
    const { session, last } = await startedRig();
    expect(await session.enter('hello')).toBe(false);
    expect(last('error')?.code).toBe('NO_CHAT');
  });

  it('of nothing do nothing', async () => {
    const { session, alice, last } = await withAlice();
    expect(await session.enter(' ')).toBe(true);
    expect(alice.entries).toEqual([]);
    expect(last('error')).toBeUndefined();
  });
});

describe('a mistake is told', () => {
  it.each([
    ['/bogus', 'UNKNOWN_COMMAND'],
    ['/', 'UNKNOWN_COMMAND'],
    ['/constructor', 'UNKNOWN_COMMAND'],
    ['/file', 'USAGE'],
    ['/file missing.txt', 'FILE_UNREADABLE'],
    ['/photo', 'USAGE'],
    ['/photo missing.jpg', 'FILE_UNREADABLE'],
    ['/save 1', 'USAGE'],
    ['/save x ~/x', 'USAGE'],
    ['/timer', 'USAGE'],
    ['/timer 0', 'USAGE'],
    ['/timer 5x', 'USAGE'],
    ['/timer 9999999999w', 'USAGE'],
    ['/view', 'USAGE'],
    ['/view 9', 'NOT_FOUND'],
    ['/delete', 'USAGE'],
    ['/delete 1 two', 'USAGE'],
    ['/cancel x', 'USAGE'],
    ['/export', 'USAGE'],
    ['/account-ttl 0w', 'USAGE'],
    ['/account-ttl 25m', 'USAGE'],
    ['/account-ttl soon', 'USAGE'],
    ['/delete-account please', 'USAGE'],
    ['/lock', 'USAGE'],
    ['/chat one', 'USAGE'],
    ['/chat 0', 'USAGE'],
    ['/chat 7', 'NO_CHAT'],
    ['/reply', 'USAGE'],
    ['/reply 1', 'USAGE'],
    ['/read', 'USAGE'],
    ['/read 1 x', 'USAGE'],
    ['/join', 'USAGE'],
    ['/join secret-chat:x', 'INVITE_MALFORMED'],
    ['/revoke', 'USAGE'],
    ['/revoke 4', 'NOT_FOUND'],
    ['/invite twice', 'USAGE'],
    ['/accept', 'NO_CHAT'],
    ['/reject', 'NO_CHAT'],
    ['/cancel', 'NO_CHAT'],
    ['/verified maybe', 'USAGE'],
  ])('%s: %s', async (line, code) => {
    const { session, last } = await withAlice();
    expect(await session.enter(line)).toBe(false);
    expect(last('error')).toMatchObject({ code, message: expect.stringMatching(/\S/) });
  });
});

describe('invites', () => {
  it('are made, listed and revoked', async () => {
    const { session, last, device } = await withAlice();
    await session.enter('/invite reusable');
    expect(last('invite')?.invite).toMatchObject({ n: 1, reusable: true });
    await session.enter('/invite');
    await session.enter('/invites');
    expect(last('invites')?.invites.map(({ n, reusable }) => [n, reusable])).toEqual([
      [1, true],
      [2, false],
    ]);
    await session.enter('/revoke 1');
    expect(last('inviteEnded')).toMatchObject({ invite: 1, why: 'revoked' });
    expect(device.invites).toHaveLength(1);
  });

  it('are used, and taken back', async () => {
    const { session, last, device } = await withAlice();
    await session.enter(`/join  ${LINK} `);
    expect(session.focus).toMatchObject({ n: 2, state: 'waiting' });
    await session.enter('/chat 1');
    await session.enter('/cancel');
    expect(last('ended')).toEqual({ type: 'ended', chat: 2, why: 'cancelled' });
    expect(device.chats).toHaveLength(1);
  });
});

describe('requests', () => {
  it('are listed, accepted, rejected', async () => {
    const { session, last, device } = await startedRig();
    device.request('Bob');
    await session.enter('/requests');
    expect(last('requests')?.chats).toMatchObject([{ chat: 1, name: 'Bob' }]);
    await session.enter('/accept');
    expect(last('accepted')).toMatchObject({ chat: 1 });
    device.request('Mallory');
    await session.enter('/reject');
    expect(last('ended')).toMatchObject({ chat: 2, why: 'rejected' });
  });

  it('are never mixed up: with several of them a number is needed', async () => {
    const { session, last, device } = await startedRig();
    const [bob, carol] = [device.request('Bob'), device.request('Carol')];
    expect(await session.enter('/accept')).toBe(false);
    expect(last('error')?.message).toContain('1, 2');
    await session.enter('/accept 2');
    expect([bob.state, carol.state]).toEqual(['requested', 'open']);
    expect(session.focus).toBe(carol);
    // One is left.
    await session.enter('/accept');
    expect(bob.state).toBe('open');
  });

  it('may be blocked, also where there is no other chat', async () => {
    const { session, last, device } = await startedRig();
    device.request('Mallory');
    await session.enter('/block');
    expect(last('ended')).toMatchObject({ chat: 1, why: 'blocked' });
  });

  it('do not lend themselves to blocking the chat in focus', async () => {
    const { session, alice, device, last } = await withAlice();
    device.request('Mallory');
    await session.enter('/block 2');
    expect(last('ended')?.chat).toBe(2);
    expect(device.chats).toEqual([alice]);
  });
});

describe('chats', () => {
  it('are listed and chosen', async () => {
    const { session, last, device } = await withAlice();
    device.addChat('Bob');
    await session.enter('/chat 1');
    await session.enter('/chats');
    expect(last('chats')?.chats.map(({ chat, inFocus }) => [chat, inFocus])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  it('show their history again', async () => {
    const { session, last, alice } = await withAlice();
    alice.receive('one');
    alice.receive('two');
    alice.receive('three');
    await session.enter('/history 2');
    expect(last('history')?.messages).toMatchObject([{ text: 'two' }, { text: 'three' }]);
  });

  it('are renamed and ended', async () => {
    const { session, alice, last } = await withAlice();
    await session.enter('/rename  Aunt Alice ');
    expect(alice.name).toBe('Aunt Alice');
    await session.enter('/rename');
    expect(alice.name).toBe('Alice');
    await session.enter('/end');
    expect(last('ended')).toMatchObject({ chat: 1, why: 'ended' });
  });
});

describe('messages', () => {
  it('are answered', async () => {
    const { session, alice } = await withAlice();
    alice.receive('question?');
    await session.enter('/reply 1 yes, and no');
    expect(alice.entries[1]).toMatchObject({ text: 'yes, and no', replyTo: 1, from: 'me' });
  });
});

describe('trust', () => {
  it('shows the fingerprint and remembers that it was compared', async () => {
    const { session, alice, last } = await withAlice();
    await session.enter('/verify');
    expect(last('fingerprint')).toMatchObject({ chat: 1, verified: false, fingerprint: alice.fingerprint() });
    await session.enter('/verified');
    expect(alice.verified).toBe(true);
    await session.enter('/verified no');
    expect(alice.verified).toBe(false);
  });
});

describe('/passphrase', () => {
  it('puts a passphrase in the place of the key file', async () => {
    const { session, device, answers, last } = await startedRig({ key: 'key-file' });
    answers.push('new', 'new');
    expect(await session.enter('/passphrase')).toBe(true);
    expect(device.unlocks).toMatchObject([[{ keyFile: new Uint8Array(32).fill(7) }, { passphrase: 'new' }]]);
    expect(session.key).toMatchObject({ kind: 'passphrase', file: { isThere: false } });
    expect(last('note')?.text).toContain('passphrase');
  });

  it('puts a new key file in the place of the passphrase', async () => {
    const { session, device, answers } = await startedRig({ key: 'passphrase' });
    answers.push('old', '');
    await session.enter('/passphrase');
    expect(device.unlocks[0]?.[0]).toEqual({ passphrase: 'old' });
    expect(session.key).toMatchObject({ kind: 'key-file', file: { isThere: true, removed: 1, made: 1 } });
  });

  it.each([
    ['the old one is wrong', ['wrong', 'new', 'new'], 'WRONG_PASSPHRASE'],
    ['the new ones differ', ['old', 'new', 'mew'], 'USAGE'],
    ['the user gives up', ['old', undefined], 'USAGE'],
  ])('changes nothing when %s', async (_, typed, code) => {
    const { session, device, answers, last } = await startedRig({ key: 'passphrase' });
    answers.push(...typed);
    expect(await session.enter('/passphrase')).toBe(false);
    expect(last('error')?.code).toBe(code);
    expect(device.unlocks).toEqual([]);
    expect(session.key.kind).toBe('passphrase');
  });
});

describe('the table', () => {
  it('says what every command does, and completes them', async () => {
    const { session, last } = await withAlice();
    await session.enter('/help');
    expect(last('help')?.commands).toEqual(commandHelp());
    for (const { name, does } of commandHelp()) {
      expect(does, name).toMatch(/^[a-z].*[^.]$/);
      expect(completions(name)).toContain(name);
    }
    expect(completions('re')).toEqual(['revoke', 'requests', 'reject', 'rename', 'reply', 'read']);
  });
});
