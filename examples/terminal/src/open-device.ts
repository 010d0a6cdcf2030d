/**
 * From the arguments to an open device: which profile, what opens it, and who it is.
 *
 * @module
 */

import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Device, type DeviceUnlock, isClientError, type OpenDeviceOptions, type Store } from '@secret-chat/client';
import { isLoopbackOrigin, parseInvite } from '@secret-chat/crypto';
import { inviteIn } from './invite-text.ts';
import { ProgramError, problemOf } from './problem.ts';
import { DEFAULT_PROFILE, type OpenedProfile, openProfileStore, type ProfileChoice } from './profile.ts';
import { type AskSecret, askNewPassphrase, type KeyFile, type KeyKind, type ProfileKey } from './profile-key.ts';

/** Where invites and mailboxes of a new profile are, unless an argument says so. */
export const DEFAULT_RELAY = 'ws://127.0.0.1:8787';

const MAX_TRIES = 3;
/** Names of new profiles that were given none: neither the user's account nor anything else is told. */
const GUEST_NUMBERS = [1000, 10_000] as const;

/** What the client does on this platform; tests bring their own. */
export interface DevicePlatform {
  openStore(folder: string): Promise<Store>;
  /** `undefined` for a store that nothing was put into. */
  unlockKind(store: Store): Promise<KeyKind | undefined>;
  /** @param folder of the profile */
  openDevice(options: OpenDeviceOptions, folder: string): Promise<Device>;
  keyFile(profileFolder: string): KeyFile;
}

/** How to talk to the user before there is a view. */
export interface Console {
  /** Without a terminal there is nobody to ask. */
  readonly askSecret?: AskSecret | undefined;
  say(line: string): void;
}

export interface DeviceChoice extends ProfileChoice {
  readonly shownName?: string | undefined;
  readonly relay?: string | undefined;
  readonly relayToken?: string | undefined;
  readonly allowsInsecureRelay?: boolean | undefined;
  readonly passphraseFile?: string | undefined;
  readonly invite?: string | undefined;
  /** Whether a new profile may be opened by a passphrase that is asked for; otherwise it gets a key file. */
  readonly mayAskNew: boolean;
}

export interface OpenedDevice {
  readonly device: Device;
  readonly profile: OpenedProfile;
  readonly key: ProfileKey;
}

/**
 * Opens the device; asks up to three times for a passphrase.
 *
 * @throws {@link ProgramError} `CANNOT_START`, or a `ClientError`
 */
export async function openChosenDevice(
  choice: DeviceChoice,
  platform: DevicePlatform,
  console: Console,
): Promise<OpenedDevice> {
  let profile = await openProfileStore(choice, (folder) => platform.openStore(folder));
  try {
    if (profile.name !== (choice.name ?? DEFAULT_PROFILE)) {
      console.say(`The default profile is in use by another process: this one takes ${profile.name}.`);
    }
    for (let tries = 1; ; tries++) {
      const kind = await platform.unlockKind(profile.store);
      const file = platform.keyFile(profile.folder);
      const unlock = await findUnlock(kind, file, choice, console);
      try {
        const options = { ...unlock, store: profile.store, ...identity(choice, kind === undefined) };
        const device = await platform.openDevice(options, profile.folder);
        return { device, profile, key: { kind: 'passphrase' in unlock ? 'passphrase' : 'key-file', file } };
      } catch (error) {
        const wasAsked = kind === 'passphrase' && choice.passphraseFile === undefined;
        if (!wasAsked || tries === MAX_TRIES || !isClientError(error, 'WRONG_PASSPHRASE')) {
          throw error;
        }
        console.say(problemOf(error).message);
      }
      // The device was given the store: it is opened anew.
      await profile.store.close();
      profile = { ...profile, store: await platform.openStore(profile.folder) };
    }
  } catch (error) {
    await profile.store.close();
    throw error;
  }
}

/**
 * Opens the device of a locked profile again, as soon as the passphrase is given; `undefined` if the user gave up.
 *
 * @throws what opening a device throws, but for a wrong passphrase
 */
export async function reopenDevice(
  { profile, key }: OpenedDevice,
  relayToken: string | undefined,
  platform: DevicePlatform,
  ask: AskSecret,
): Promise<OpenedDevice | undefined> {
  for (let question = 'Locked. Passphrase: '; ; question = 'The passphrase is wrong. Passphrase: ') {
    const passphrase = await ask(question);
    if (passphrase === undefined) {
      return undefined;
    }
    const store = await platform.openStore(profile.folder);
    try {
      const options = { passphrase, store, ...(relayToken === undefined ? {} : { relayToken }) };
      const device = await platform.openDevice(options, profile.folder);
      return { device, profile: { ...profile, store }, key };
    } catch (error) {
      await store.close();
      if (!isClientError(error, 'WRONG_PASSPHRASE')) {
        throw error;
      }
    }
  }
}

async function findUnlock(
  kind: KeyKind | undefined,
  file: KeyFile,
  { passphraseFile, mayAskNew }: DeviceChoice,
  console: Console,
): Promise<DeviceUnlock> {
  if (passphraseFile !== undefined) {
    if (kind === 'key-file') {
      throw cannotStart(
        'This profile opens with its key file: leave out --passphrase-file, or choose another profile.',
      );
    }
    return { passphrase: await firstLine(passphraseFile, '--passphrase-file') };
  }
  if (kind === 'passphrase') {
    if (console.askSecret === undefined) {
      throw cannotStart('This profile opens with a passphrase: name a file that begins with it by --passphrase-file.');
    }
    return { passphrase: required(await console.askSecret('Passphrase: ')) };
  }
  if (kind === 'key-file' && !(await file.exists())) {
    throw cannotStart(`The key file of this profile is not there any more, and nothing else opens it: ${file.path}`);
  }
  const passphrase = kind === undefined && mayAskNew ? await newPassphrase(console) : '';
  if (passphrase !== '') {
    return { passphrase };
  }
  if (kind === undefined) {
    console.say(`A key file opens this profile: who can read it can read your chats. ${file.path}`);
  }
  return { keyFile: await file.readOrCreate() };
}

async function newPassphrase({ askSecret, say }: Console): Promise<string> {
  if (askSecret === undefined) {
    return '';
  }
  say('This is a new profile. A passphrase protects what is stored on this device; nobody can bring it back for you.');
  for (;;) {
    try {
      return required(await askNewPassphrase(askSecret));
    } catch (error) {
      if (!(error instanceof ProgramError && error.code === 'USAGE')) {
        throw error;
      }
      say(error.message);
    }
  }
}

function required(answer: string | undefined): string {
  if (answer === undefined) {
    throw cannotStart('Given up.');
  }
  return answer;
}

/** A new device needs a name and a relay; those of an old one change only where that was asked for. */
function identity({ shownName, relay, relayToken, allowsInsecureRelay = false, invite }: DeviceChoice, isNew: boolean) {
  const name = shownName ?? (isNew ? `Guest ${randomInt(...GUEST_NUMBERS)}` : undefined);
  const origin = relay ?? (isNew ? (relayOf(invite) ?? DEFAULT_RELAY) : undefined);
  if (isNew && origin !== undefined && isInsecure(origin) && !allowsInsecureRelay) {
    throw new ProgramError(
      'USAGE',
      'A relay on another machine needs TLS: wss://… If the network between is your own, add --allow-insecure-relay.',
    );
  }
  return {
    ...(name === undefined ? {} : { name }),
    ...(origin === undefined ? {} : { relay: origin }),
    ...(relayToken === undefined ? {} : { relayToken }),
    ...(allowsInsecureRelay ? { allowInsecureRelays: true } : {}),
  };
}

function isInsecure(relay: string): boolean {
  try {
    return relay.startsWith('ws:') && !isLoopbackOrigin(relay);
  } catch {
    // The device says what is wrong with it.
    return false;
  }
}

/** Both people reach the relay of the invite. */
function relayOf(invite: string | undefined): string | undefined {
  try {
    return invite === undefined ? undefined : parseInvite(inviteIn(invite)).relay;
  } catch {
    // Joining says what is wrong with it.
    return undefined;
  }
}

/** @throws {@link ProgramError} `CANNOT_START` */
export async function firstLine(file: string, option: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw cannotStart(`The file of ${option} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') {
    throw cannotStart(`The first line of the file of ${option} is empty.`);
  }
  return line;
}

function cannotStart(message: string): ProgramError {
  return new ProgramError('CANNOT_START', message);
}
