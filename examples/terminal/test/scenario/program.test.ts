import { describe, expect, it } from 'vitest';
import { type Arguments, readArguments } from '../../src/arguments.ts';
import { Program, type World } from '../../src/program.ts';
import { LINK } from '../support/fake-device.ts';
import { FakeFiles } from '../support/fake-files.ts';
import { fakePhotos } from '../support/fake-photos.ts';
import { FakePlatform } from '../support/fake-platform.ts';
import { pipes } from '../support/streams.ts';
import { KEY, virtualTerminal } from '../support/virtual-terminal.ts';

const NONE: Arguments = { accept: false, autoRead: true, plain: false, json: false };

/** A program on a terminal, or on pipes; its relay is elsewhere, so that none is started. */
function program(args: Partial<Arguments>, platform = new FakePlatform(), streams: Pick<World, 'input' | 'output'>) {
  platform.device.relay = 'wss://relay.example';
  const errors = pipes();
  const made = new Program(
    { ...NONE, ...args },
    {
      ...streams,
      errors: errors.output,
      env: { TERM: 'xterm-256color' },
      dataRoot: '/data',
      platform,
      files: new FakeFiles(),
      photos: fakePhotos(),
      loadRelay: () => Promise.reject(new Error('no relay is needed')),
    },
  );
  return { made, platform, device: platform.device, errors };
}

function onPipes(args: Partial<Arguments>, platform?: FakePlatform) {
  const streams = pipes();
  const { input, output } = streams as unknown as Pick<World, 'input' | 'output'>;
  return { streams, ...program(args, platform, { input, output }) };
}

function onTerminal(args: Partial<Arguments>, platform?: FakePlatform) {
  const terminal = virtualTerminal();
  const { input, output } = terminal as unknown as Pick<World, 'input' | 'output'>;
  return { terminal, ...program(args, platform, { input, output }) };
}

describe('without a terminal', () => {
  it('reads lines, uses a key file, and ends with the input', async () => {
    const { streams, made, platform, device, errors } = onPipes({});
    streams.input.end('/chats\n');
    await made.run();
    expect(platform.opened[0]).toHaveProperty('keyFile');
    expect(streams.lines()[0]).toContain('ready: profile default');
    expect(streams.lines()).toContain('no chats');
    expect(errors.text()).toContain('A key file opens this profile');
    expect(device.isClosed).toBe(true);
  });

  it('prints nothing but JSON on standard output with --json', async () => {
    const { streams, made } = onPipes({ json: true, invite: LINK });
    streams.input.end('hello\n');
    await made.run();
    const events = streams.lines().map((line) => JSON.parse(line).event);
    expect(events[0]).toBe('ready');
    expect(events).toContain('message');
  });

  it('tells with --json why it cannot start, too', async () => {
    const { streams, made } = onPipes({ json: true }, new FakePlatform({ default: { kind: 'passphrase' } }));
    await expect(made.run()).rejects.toThrow('--passphrase-file');
    expect(streams.lines().map((line) => JSON.parse(line))).toEqual([
      { event: 'error', code: 'CANNOT_START', message: expect.stringContaining('--passphrase-file') },
    ]);
  });

  it('ends in good order when it is told to', async () => {
    const { made, device } = onPipes({});
    const done = made.run();
    expect(made.isRunning).toBe(false);
    await expect.poll(() => made.isRunning).toBe(true);
    made.leave();
    await done;
    expect(device.isClosed).toBe(true);
  });
});

describe('on a terminal', () => {
  it('asks for a new passphrase without showing it, then takes the screen', async () => {
    const { terminal, made, platform, device } = onTerminal({});
    const done = made.run();
    terminal.type(`hunter2${KEY.enter}hunter2${KEY.enter}`);
    await expect.poll(() => terminal.text()).toContain('In the second terminal');
    // It stood above the question, and is not said again.
    expect(await terminal.text()).not.toContain('This is a new profile');
    expect(terminal.isFullScreen()).toBe(true);
    expect(platform.opened[0]).toMatchObject({ passphrase: 'hunter2' });
    expect(terminal.output.written).not.toContain('hunter2');
    terminal.type(`/quit${KEY.enter}`);
    await done;
    await terminal.text();
    expect(terminal.isFullScreen()).toBe(false);
    expect(terminal.input.isRaw).toBe(false);
    expect(device.isClosed).toBe(true);
  });

  it('says on the screen which profile it took', async () => {
    const platform = new FakePlatform({
      default: { kind: 'key-file', inUse: true },
      'default-2': { kind: 'key-file' },
    });
    const { terminal, made } = onTerminal({}, platform);
    const done = made.run();
    await expect.poll(() => terminal.text()).toContain('this one takes default-2');
    made.leave();
    await done;
  });

  it('says on the screen what came after the last question', async () => {
    const { terminal, made } = onTerminal({});
    const done = made.run();
    terminal.type(KEY.enter);
    await expect.poll(() => terminal.text()).toContain('A key file opens this profile');
    made.leave();
    await done;
  });

  it('stays plain with --plain, and still asks for the passphrase of an old profile', async () => {
    const platform = new FakePlatform({ default: { kind: 'passphrase', passphrase: 'right' } });
    const { terminal, made, errors } = onTerminal({ plain: true }, platform);
    const done = made.run();
    terminal.type(`right${KEY.enter}`);
    await expect.poll(() => terminal.output.written).toContain('ready: profile default');
    expect(errors.text()).toBe('Passphrase: \r\n');
    expect(terminal.input.isRaw).toBe(false);
    expect(terminal.isFullScreen()).toBe(false);
    terminal.type('/quit\n');
    await done;
  });

  it('shows no secret with --plain, also when one is asked for later', async () => {
    const { terminal, made, errors, device } = onTerminal(
      { plain: true },
      new FakePlatform({ default: { kind: 'key-file' } }),
    );
    const done = made.run();
    await expect.poll(() => terminal.output.written).toContain('ready: profile default');
    terminal.type('/passphrase\n');
    for (const question of ['New passphrase', 'The same once more']) {
      await expect.poll(() => errors.text()).toContain(question);
      // The terminal itself shows nothing.
      expect(terminal.input.isRaw).toBe(true);
      terminal.type(`/quit${KEY.enter}`);
    }
    await expect.poll(() => terminal.output.written).toContain('opens with the new passphrase');
    expect(device.unlocks.at(-1)?.[1]).toEqual({ passphrase: '/quit' });
    expect(terminal.input.isRaw).toBe(false);
    terminal.type('/chats\n/quit\n');
    await done;
    expect(terminal.output.written).toContain('no chats');
  });

  it('gives the terminal back when it is abandoned', async () => {
    const { terminal, made } = onTerminal({}, new FakePlatform({ default: { kind: 'key-file' } }));
    const done = made.run();
    await expect.poll(() => terminal.text()).toContain('In the second terminal');
    made.abandon();
    await terminal.text();
    expect(terminal.isFullScreen()).toBe(false);
    expect(terminal.input.isRaw).toBe(false);
    made.leave();
    await done;
  });
});

describe('arguments', () => {
  it('are those of the contract', () => {
    expect(readArguments([], '1')).toEqual(NONE);
    expect(readArguments([LINK], '1')).toEqual({ ...NONE, invite: LINK });
    const all =
      '--profile p --data d --relay wss://r --name n --passphrase-file f --relay-token-file t --accept --no-auto-read --plain --json';
    expect(readArguments(all.split(' '), '1')).toEqual({
      profile: 'p',
      data: 'd',
      relay: 'wss://r',
      name: 'n',
      passphraseFile: 'f',
      relayTokenFile: 't',
      accept: true,
      autoRead: false,
      plain: true,
      json: true,
    });
  });
});

describe('/lock', () => {
  const LOCKED = { alice: { kind: 'passphrase' as const, passphrase: 'correct' } };

  it('closes the profile, clears the screen, and opens it again with the passphrase', async () => {
    const { terminal, made, platform, device } = onTerminal({ profile: 'alice' }, new FakePlatform(LOCKED));
    device.addChat('Alice').receive('a secret');
    const ended = made.run();
    await expect.poll(() => platform.open).toEqual(['alice']);
    terminal.type(`correct${KEY.enter}`);
    await expect.poll(() => terminal.text()).toContain('a secret');
    terminal.type(`/lock${KEY.enter}`);
    await expect.poll(() => terminal.text()).toMatch(/^\n*Locked\. Passphrase:/);
    expect(device.isClosed).toBe(true);
    terminal.type(`wrong${KEY.enter}`);
    await expect.poll(() => terminal.text()).toMatch(/^\n*The passphrase is wrong\. Passphrase:/);
    terminal.type(`correct${KEY.enter}`);
    await expect.poll(() => terminal.text()).toContain('a secret');
    // What was typed before is not there any more.
    terminal.type(KEY.up);
    await expect.poll(async () => (await terminal.screen()).at(-1)).toBe('>');
    terminal.type(KEY.ctrlC);
    await ended;
    await terminal.text();
    expect(terminal.isFullScreen()).toBe(false);
  });

  it.each([
    ['the user gives up', (type: (keys: string) => void) => type(KEY.ctrlC)],
    ['the program is told to end', (_type: unknown, leave: () => void) => leave()],
  ])('ends when %s', async (_, end) => {
    const { terminal, made } = onTerminal({ profile: 'alice' }, new FakePlatform(LOCKED));
    const ended = made.run();
    await expect.poll(() => terminal.input.isRaw).toBe(true);
    terminal.type(`correct${KEY.enter}`);
    await expect.poll(() => made.isRunning).toBe(true);
    terminal.type(`/lock${KEY.enter}`);
    await expect.poll(() => terminal.text()).toContain('Locked');
    end(
      (keys) => terminal.type(keys),
      () => made.leave(),
    );
    await ended;
    await terminal.text();
    expect(terminal.isFullScreen()).toBe(false);
  });

  it('takes the passphrase as the next line where there is no terminal', async () => {
    const { streams, made, platform } = onPipes({ json: true, profile: 'new' });
    streams.input.write('/passphrase\ncorrect\ncorrect\n/lock\ncorrect\n/chats\n');
    streams.input.end();
    platform.profiles.set('new', { kind: undefined, passphrase: 'correct' });
    await made.run();
    const events = streams.lines().map((line) => JSON.parse(line) as { readonly event: string });
    expect(events.filter(({ event }) => event === 'ready')).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ event: 'chats' });
  });

  it('ends when the program is told to end, where there are lines', async () => {
    const { streams, made, platform } = onPipes({ json: true, profile: 'new' });
    streams.input.write('/passphrase\ncorrect\ncorrect\n/lock\n');
    platform.profiles.set('new', { kind: undefined, passphrase: 'correct' });
    const ended = made.run();
    await expect.poll(() => streams.text()).toContain('Locked. Passphrase');
    made.leave();
    await ended;
  });

  it('ends when the program is told to end, where there are lines on a terminal', async () => {
    const { terminal, errors, made } = onTerminal({ plain: true, profile: 'alice' }, new FakePlatform(LOCKED));
    const ended = made.run();
    terminal.type(`correct${KEY.enter}`);
    await expect.poll(() => terminal.output.written).toContain('ready: profile alice');
    terminal.type('/lock\n');
    await expect.poll(() => errors.text()).toContain('Locked. Passphrase');
    expect(terminal.input.isRaw).toBe(true);
    made.leave();
    await ended;
    expect(terminal.input.isRaw).toBe(false);
  });

  it('happens by itself when the device says so', async () => {
    const { terminal, made, device } = onTerminal({ profile: 'alice' }, new FakePlatform(LOCKED));
    const ended = made.run();
    await expect.poll(() => terminal.input.isRaw).toBe(true);
    terminal.type(`correct${KEY.enter}`);
    await expect.poll(() => made.isRunning).toBe(true);
    device.emit({ type: 'locked' });
    await expect.poll(() => terminal.text()).toContain('Locked');
    terminal.type(KEY.escape);
    await ended;
  });
});
