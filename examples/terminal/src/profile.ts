/**
 * Profiles: folders in the data root, each with a device of its own, each open in one process at a time.
 *
 * @module
 */

import path from 'node:path';
import { isClientError, type Store } from '@secret-chat/client';
import { ProgramError } from './problem.ts';

export const DEFAULT_PROFILE = 'default';
/** Beside the profiles. */
export const RELAY_FOLDER = 'relay';
/** As many terminals as one person opens at a time, and more. */
const MAX_DEFAULT_PROFILES = 99;
const PROFILE_NAME = /^[a-z0-9][a-z0-9_-]{0,39}$/i;

export interface OpenedProfile {
  readonly name: string;
  readonly folder: string;
  readonly store: Store;
}

export interface ProfileChoice {
  readonly root: string;
  /** Left out: the default one. */
  readonly name?: string | undefined;
  /** Whether `default-2`, `default-3`, … may be taken when the default one is in use. */
  readonly mayTakeNext: boolean;
}

/**
 * Opens the profile that was asked for, or the first default one that is free.
 *
 * @throws {@link ProgramError} `CANNOT_START` for a bad name; what `open` throws
 */
export async function openProfileStore(
  { root, name, mayTakeNext }: ProfileChoice,
  open: (folder: string) => Promise<Store>,
): Promise<OpenedProfile> {
  const first = name ?? DEFAULT_PROFILE;
  requireProfileName(first);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? first : `${first}-${number}`;
    const folder = path.join(root, candidate);
    try {
      return { name: candidate, folder, store: await open(folder) };
    } catch (error) {
      if (!mayTakeNext || number === MAX_DEFAULT_PROFILES || !isClientError(error, 'STORE_IN_USE')) {
        throw error;
      }
    }
  }
}

function requireProfileName(name: string): void {
  if (!PROFILE_NAME.test(name) || name.toLowerCase() === RELAY_FOLDER) {
    throw new ProgramError(
      'CANNOT_START',
      `A profile's name has 1 to 40 letters, digits, - and _, begins with a letter or digit, and is not ${RELAY_FOLDER}.`,
    );
  }
}
