/**
 * What opens a profile: a passphrase, or a key file that lies in it.
 *
 * @module
 */

import type { Device, DeviceUnlock } from '@secret-chat/client';
import { ProgramError } from './problem.ts';

export type KeyKind = 'passphrase' | 'key-file';

/** The key file of a profile: 32 random bytes that only the user can read. */
export interface KeyFile {
  readonly path: string;
  exists(): Promise<boolean>;
  /** Makes it if it is not there. */
  readOrCreate(): Promise<Uint8Array>;
  remove(): Promise<void>;
}

/** What opens a profile now. */
export interface ProfileKey {
  kind: KeyKind;
  readonly file: KeyFile;
}

/** Asks without showing what is typed; `undefined` if the user gave up. */
export type AskSecret = (question: string) => Promise<string | undefined>;

/**
 * A passphrase, asked for twice; empty if the user wants none, `undefined` if they gave up.
 *
 * @throws {@link ProgramError} `USAGE` when the second was another one
 */
export async function askNewPassphrase(ask: AskSecret): Promise<string | undefined> {
  const first = await ask('New passphrase (Enter alone: a key file instead): ');
  if (first === undefined || first === '') {
    return first;
  }
  const second = await ask('The same once more: ');
  if (second !== undefined && second !== first) {
    throw new ProgramError('USAGE', 'The two passphrases were not the same.');
  }
  return second;
}

/**
 * Changes what opens the profile, as the user says, and resolves with what it is then.
 *
 * @throws {@link ProgramError} `USAGE` if the user gave up; `ClientError` `WRONG_PASSPHRASE`
 */
export async function changeKey(key: ProfileKey, device: Device, ask: AskSecret): Promise<KeyKind> {
  const current = await currentUnlock(key, ask);
  const passphrase = required(await askNewPassphrase(ask));
  if (passphrase !== '') {
    await device.changeUnlock(current, { passphrase });
    if (key.kind === 'key-file') {
      await key.file.remove();
    }
    key.kind = 'passphrase';
  } else if (key.kind === 'passphrase') {
    // One that was left behind by a change that was cut off is not used again.
    await key.file.remove();
    await device.changeUnlock(current, { keyFile: await key.file.readOrCreate() });
    key.kind = 'key-file';
  }
  return key.kind;
}

async function currentUnlock(key: ProfileKey, ask: AskSecret): Promise<DeviceUnlock> {
  return key.kind === 'passphrase'
    ? { passphrase: required(await ask('Passphrase now: ')) }
    : { keyFile: await key.file.readOrCreate() };
}

function required(answer: string | undefined): string {
  if (answer === undefined) {
    throw new ProgramError('USAGE', 'Given up: nothing was changed.');
  }
  return answer;
}
