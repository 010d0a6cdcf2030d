import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { encodeInvite, ready, Secret } from '@secret-chat/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceChoice, openChosenDevice } from '../../src/open-device.ts';
import { FakeKeyFile } from '../support/fake-key.ts';
import { FakePlatform } from '../support/fake-platform.ts';

let folder: string;

beforeAll(async () => {
  await ready;
  folder = await mkdtemp(path.join(os.tmpdir(), 'secret-chat-test-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Opens a profile; `typed` are the answers of a user at a terminal, who is not there if it is left out. */
async function open(platform: FakePlatform, choice: Partial<DeviceChoice> = {}, typed?: (string | undefined)[]) {
  const said: string[] = [];
  const asked: string[] = [];
  const askSecret = async (question: string) => {
    asked.push(question);
    return typed?.shift();
  };
  const result = await openChosenDevice({ root: '/data', mayTakeNext: true, mayAskNew: true, ...choice }, platform, {
    askSecret: typed === undefined ? undefined : askSecret,
    say: (line) => said.push(line),
  }).then(
    (opened) => ({ opened, error: undefined }),
    (error: unknown) => ({ opened: undefined, error: error as { code: string; message: string } }),
  );
  return { ...result, said, asked, options: platform.opened.at(-1) };
}

describe('the profile', () => {
  it('is the default one', async () => {
    const { opened, said } = await open(new FakePlatform());
    expect(opened?.profile).toMatchObject({ name: 'default', folder: path.join('/data', 'default') });
    expect(said.join()).not.toContain('in use');
  });

  it('is the first free one where the default one is in use, which is said', async () => {
    const platform = new FakePlatform({
      default: { kind: 'key-file', inUse: true },
      'default-2': { kind: 'key-file', inUse: true },
    });
    const { opened, said } = await open(platform);
    expect(opened?.profile.name).toBe('default-3');
    expect(said[0]).toContain('default-3');
  });

  it('is the one that was asked for and no other', async () => {
    const platform = new FakePlatform({ work: { kind: 'key-file', inUse: true } });
    const { error } = await open(platform, { name: 'work', mayTakeNext: false });
    expect(error?.code).toBe('STORE_IN_USE');
  });

  it.each(['relay', 'Relay', '..', 'a/b', '', '-x', 'a.b', 'x'.repeat(41)])('cannot be called %j', async (name) => {
    expect((await open(new FakePlatform(), { name })).error?.code).toBe('CANNOT_START');
  });
});

describe('a new profile', () => {
  it('has a guest’s name and the relay of this machine, unless told otherwise', async () => {
    expect((await open(new FakePlatform())).options).toMatchObject({
      name: expect.stringMatching(/^Guest \d{4}$/),
      relay: 'ws://127.0.0.1:8787',
    });
    const choice = { shownName: 'Alice', relay: 'wss://relay.example', relayToken: 'token' };
    expect((await open(new FakePlatform(), choice)).options).toMatchObject({
      name: 'Alice',
      relay: 'wss://relay.example',
      relayToken: 'token',
    });
  });

  it('takes the relay of the invite, which both can reach', async () => {
    const secret = new Secret<'invite'>(new Uint8Array(32));
    const invite = encodeInvite({ relay: 'wss://relay.example', secret, identityKey: new Uint8Array(32) });
    expect((await open(new FakePlatform(), { invite })).options?.relay).toBe('wss://relay.example');
    expect((await open(new FakePlatform(), { invite, relay: 'wss://mine.example' })).options?.relay).toBe(
      'wss://mine.example',
    );
    // A wrong one says nothing about a relay; joining tells what is wrong with it.
    expect((await open(new FakePlatform(), { invite: 'secret-chat:x' })).options?.relay).toBe('ws://127.0.0.1:8787');
  });

  it('takes a relay without TLS on another machine only where that is allowed', async () => {
    const relay = 'ws://192.168.1.5:8787';
    const { error } = await open(new FakePlatform(), { relay });
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('--allow-insecure-relay') });
    const { options } = await open(new FakePlatform(), { relay, allowsInsecureRelay: true });
    expect(options).toMatchObject({ relay, allowInsecureRelays: true });
  });

  it('gets a passphrase, typed twice alike', async () => {
    const { opened, options, said } = await open(new FakePlatform(), {}, ['one', 'two', 'three', 'three']);
    expect(options).toMatchObject({ passphrase: 'three' });
    expect(said).toContain('The two passphrases were not the same.');
    expect(opened?.key.kind).toBe('passphrase');
  });

  it('gets a key file if none is wanted, which is said', async () => {
    const { opened, options, said } = await open(new FakePlatform(), {}, ['']);
    expect(options).toMatchObject({ keyFile: new Uint8Array(32).fill(7) });
    expect(said.at(-1)).toMatch(/who can read it/);
    expect(opened?.key.kind).toBe('key-file');
  });

  it('gets a key file where nobody may be asked', async () => {
    const { options, asked } = await open(new FakePlatform(), { mayAskNew: false }, ['x']);
    expect(options).toHaveProperty('keyFile');
    expect(asked).toEqual([]);
  });

  it('gets the passphrase of a file: its first line', async () => {
    const file = path.join(folder, 'passphrase');
    await writeFile(file, 'from a file\r\nmore\n');
    expect((await open(new FakePlatform(), { passphraseFile: file })).options).toMatchObject({
      passphrase: 'from a file',
    });
  });

  it('is not made when the user gives up', async () => {
    const platform = new FakePlatform();
    expect((await open(platform, {}, [undefined])).error?.code).toBe('CANNOT_START');
    expect(platform.opened).toEqual([]);
    expect(platform.open).toEqual([]);
  });
});

describe('a profile with a passphrase', () => {
  const sealed = () => new FakePlatform({ default: { kind: 'passphrase', passphrase: 'right' } });

  it('opens with it, and keeps its name and relay', async () => {
    const { opened, options } = await open(sealed(), {}, ['right']);
    expect(opened).toBeDefined();
    expect(options).not.toHaveProperty('name');
    expect(options).not.toHaveProperty('relay');
  });

  it('asks three times', async () => {
    expect((await open(sealed(), {}, ['wrong', 'false', 'right'])).opened).toBeDefined();
    const platform = sealed();
    const { error, asked } = await open(platform, {}, ['wrong', 'false', 'bad', 'right']);
    expect(error?.code).toBe('WRONG_PASSPHRASE');
    expect(asked).toHaveLength(3);
    expect(platform.open).toEqual([]);
  });

  it('asks nobody where a file has it, or there is no terminal', async () => {
    const file = path.join(folder, 'wrong');
    await writeFile(file, 'wrong');
    const { error, asked } = await open(sealed(), { passphraseFile: file }, ['right']);
    expect(error?.code).toBe('WRONG_PASSPHRASE');
    expect(asked).toEqual([]);
    expect((await open(sealed())).error?.message).toContain('--passphrase-file');
  });

  it.each([
    ['is not there', 'missing'],
    ['is empty', 'empty'],
  ])('says so when the file %s', async (_, name) => {
    await writeFile(path.join(folder, 'empty'), '\nsecond line');
    const { error } = await open(sealed(), { passphraseFile: path.join(folder, name) });
    expect(error).toMatchObject({ code: 'CANNOT_START', message: expect.stringContaining('--passphrase-file') });
  });
});

describe('a profile with a key file', () => {
  it('opens without a question', async () => {
    const { opened, said } = await open(new FakePlatform({ default: { kind: 'key-file' } }), {}, []);
    expect(opened?.key.kind).toBe('key-file');
    expect(said).toEqual([]);
  });

  it('says so when the file is gone, instead of making a new one', async () => {
    const keyFile = new FakeKeyFile(false);
    const { error } = await open(new FakePlatform({ default: { kind: 'key-file', keyFile } }));
    expect(error?.message).toContain(keyFile.path);
    expect(keyFile.made).toBe(0);
  });

  it('does not open with a passphrase', async () => {
    const file = path.join(folder, 'some');
    await writeFile(file, 'some passphrase');
    const { error } = await open(new FakePlatform({ default: { kind: 'key-file' } }), { passphraseFile: file });
    expect(error?.code).toBe('CANNOT_START');
  });
});
