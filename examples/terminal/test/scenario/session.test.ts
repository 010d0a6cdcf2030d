import { ClientError } from '@secret-chat/client';
import { describe, expect, it } from 'vitest';
import { FakeDevice, LINK } from '../support/fake-device.ts';
import { rig, startedRig } from '../support/session.ts';

describe('start', () => {
  it('says that it is ready before anything else, and makes an invite if there is nobody to talk to', async () => {
    const { events, last, device } = await startedRig();
    expect(events[0]).toEqual({ type: 'ready', profile: 'default', name: 'Me', relay: device.relay, chats: [] });
    expect(last('invite')).toMatchObject({ invite: { link: LINK }, command: `npm start -- ${LINK}` });
  });

  it('shows an invite that can still be used instead of making another', async () => {
    const device = new FakeDevice();
    const invite = await device.createInvite();
    const { last } = await startedRig({ device });
    expect(last('invite')?.invite).toEqual(invite);
    expect(device.invites).toHaveLength(1);
  });

  it('opens the newest chat if there are some, and makes no invite', async () => {
    const device = new FakeDevice();
    device.addChat('Alice');
    device.addChat('Bob');
    device.addChat('Carol', 'requested');
    const { last, session } = await startedRig({ device });
    expect(last('focus')?.chat).toMatchObject({ chat: 2, name: 'Bob' });
    expect(session.focus?.n).toBe(2);
    expect(last('invite')).toBeUndefined();
  });

  it('makes an invite when every chat is over', async () => {
    const device = new FakeDevice();
    device.addChat('Alice', 'ended');
    expect((await startedRig({ device })).last('invite')).toBeDefined();
  });

  it('makes the invite once a relay is reached, if there was none at first', async () => {
    const device = new FakeDevice();
    device.relayAnswers = Promise.reject(new ClientError('RELAY_UNREACHABLE', 'offline'));
    const { last } = await startedRig({ device });
    expect(last('invite')).toBeUndefined();
    expect(last('error')?.code).toBe('RELAY_UNREACHABLE');
    device.relayAnswers = Promise.resolve();
    device.setLink({ state: 'online' });
    await expect.poll(() => last('invite')).toBeDefined();
    device.setLink({ state: 'online' });
    expect(device.invites).toHaveLength(1);
  });
});

describe('a relay that is reached at the very moment at which the first try is given up', () => {
  it.each([undefined, LINK])('gets a second one (invite: %s)', async (invite) => {
    const { device, last, session } = rig();
    let giveUp = (_: Error) => {};
    device.relayAnswers = new Promise((_, reject) => {
      giveUp = reject;
    });
    const started = session.start(invite, Promise.resolve());
    await expect.poll(() => last('focus') ?? last('ready')).toBeDefined();
    device.setLink({ state: 'online' });
    device.relayAnswers = Promise.resolve();
    giveUp(new ClientError('RELAY_UNREACHABLE', 'the relay did not answer'));
    await started;
    // No connection comes up any more: the one that is there is good.
    await expect
      .poll(() => [device.invites.length, device.joined.length])
      .toEqual(invite === undefined ? [1, 0] : [0, 1]);
  });
});

describe('an invite as an argument', () => {
  it('is used, also when there are chats, and takes the focus', async () => {
    const device = new FakeDevice();
    device.addChat('Alice');
    const { session, last } = await startedRig({ device }, LINK);
    expect(device.joined).toEqual([LINK]);
    expect(session.focus?.n).toBe(2);
    expect(last('focus')?.chat?.chat).toBe(2);
  });

  it('lets texts wait for its chat, and never gives them to another one', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    let answer = () => {};
    device.relayAnswers = new Promise((resolve) => {
      answer = resolve;
    });
    const { session } = rig({ device });
    const started = session.start(LINK, Promise.resolve());
    const entered = session.enter('hello');
    answer();
    expect(await entered).toBe(true);
    await started;
    expect(device.chat(2)?.entries).toMatchObject([{ text: 'hello' }]);
    expect(alice.entries).toEqual([]);
  });

  it('that cannot be used is told, and texts that waited for it are not sent', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { session, last } = rig({ device });
    const started = session.start('secret-chat:nonsense', Promise.resolve());
    expect(await session.enter('hello')).toBe(false);
    await started;
    expect(last('error')?.code).toBe('NO_CHAT');
    expect(alice.entries).toEqual([]);
    // From now on the newest chat is in focus again.
    expect(await session.enter('hello Alice')).toBe(true);
  });
});

describe('--accept', () => {
  it('accepts what comes and what waits already', async () => {
    const device = new FakeDevice();
    device.addChat('Early', 'requested');
    await startedRig({ device, autoAccept: true });
    device.request('Late');
    await expect.poll(() => device.chats.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it('is off by itself', async () => {
    const { device } = await startedRig();
    expect(device.request('Bob').state).toBe('requested');
  });
});

describe('focus', () => {
  it('goes to the newest chat that can be written to', async () => {
    const { device, session } = await startedRig();
    const bob = device.request('Bob');
    expect(session.focus).toBeUndefined();
    await session.enter('/accept');
    expect(session.focus).toBe(bob);
  });

  it('moves on to a newer one that somebody else opened, unless one was chosen', async () => {
    const device = new FakeDevice();
    device.addChat('Alice');
    const { session } = await startedRig({ device, autoAccept: true });
    const bob = device.request('Bob');
    await expect.poll(() => session.focus).toBe(bob);
    await session.enter('/chat 1');
    const carol = device.request('Carol');
    await expect.poll(() => carol.state).toBe('open');
    expect(session.focus?.n).toBe(1);
  });

  it('stays where a text is being written', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { session } = await startedRig({ device, autoAccept: true });
    session.draft('Dear Al');
    const bob = device.request('Bob');
    await expect.poll(() => bob.state).toBe('open');
    expect(session.focus).toBe(alice);
    expect(await session.enter('Dear Alice')).toBe(true);
    session.draft('');
    expect(alice.entries).toMatchObject([{ text: 'Dear Alice' }]);
    expect(session.focus).toBe(alice);
  });

  it('leaves a chat that is forgotten', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const bob = device.addChat('Bob');
    const { session, last } = await startedRig({ device });
    device.forget(bob, 'endedByThem');
    expect(session.focus).toBe(alice);
    expect(last('focus')?.chat?.chat).toBe(1);
    device.forget(alice, 'endedByThem');
    expect(last('focus')?.chat).toBeUndefined();
  });
});

describe('reading', () => {
  it('tells that what was shown was read', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { session, last } = await startedRig({ device });
    alice.receive('hello');
    session.reading.shown(1, [1]);
    expect(alice.marked).toEqual([[1]]);
    await expect.poll(() => last('markedRead')).toMatchObject({ chat: 1, numbers: [1] });
  });

  it('does not tell with --no-auto-read, until /read', async () => {
    const device = new FakeDevice();
    const alice = device.addChat('Alice');
    const { session } = await startedRig({ device, autoRead: false });
    alice.receive('hello');
    alice.receive('are you there?');
    session.reading.shown(1, [1, 2]);
    expect(alice.marked).toEqual([]);
    await session.enter('/read 1 2');
    expect(alice.marked).toEqual([[1, 2]]);
  });

  it('does not tell a stranger before they are let in', async () => {
    const { device, session } = await startedRig();
    const bob = device.request('Bob', 'it is me');
    bob.receive('it is me');
    session.reading.shown(bob.n, [1]);
    expect(bob.marked).toEqual([]);
    await session.enter('/accept');
    expect(bob.marked).toEqual([[1]]);
  });
});

describe('the end', () => {
  it('comes with /quit, and closes the device', async () => {
    const { device, session } = await startedRig();
    await session.enter('/quit');
    await session.left;
    await session.close();
    expect(device.isClosed).toBe(true);
  });
});
