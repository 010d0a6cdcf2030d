/**
 * Where profiles and the data of an embedded relay are, unless `--data` says so: where the platform wants it.
 *
 * @module
 */

import path from 'node:path';

const FOLDER = 'secret-chat';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: { readonly APPDATA?: string | undefined; readonly XDG_DATA_HOME?: string | undefined };
  readonly home: string;
}

export function defaultDataRoot({ platform, env, home }: Surroundings): string {
  if (platform === 'win32') {
    return path.win32.join(env.APPDATA || path.win32.join(home, 'AppData', 'Roaming'), FOLDER);
  }
  if (platform === 'darwin') {
    return path.posix.join(home, 'Library', 'Application Support', FOLDER);
  }
  // XDG Base Directory Specification: a relative path is to be ignored.
  const xdg = env.XDG_DATA_HOME ?? '';
  return path.posix.join(xdg.startsWith('/') ? xdg : path.posix.join(home, '.local', 'share'), FOLDER);
}
