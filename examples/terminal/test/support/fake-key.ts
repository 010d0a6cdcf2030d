/**
 * A profile's key without a disk.
 *
 * @module
 */

import type { KeyFile, KeyKind, ProfileKey } from '../../src/profile-key.ts';

export class FakeKeyFile implements KeyFile {
  readonly path = '/profile/key';
  /** How often it was made or removed. */
  made = 0;
  removed = 0;
  isThere: boolean;

  constructor(isThere: boolean) {
    this.isThere = isThere;
  }

  async exists(): Promise<boolean> {
    return this.isThere;
  }

  async readOrCreate(): Promise<Uint8Array> {
    this.made += this.isThere ? 0 : 1;
    this.isThere = true;
    return new Uint8Array(32).fill(7);
  }

  async remove(): Promise<void> {
    this.removed += 1;
    this.isThere = false;
  }
}

export function fakeKey(kind: KeyKind): ProfileKey & { readonly file: FakeKeyFile } {
  return { kind, file: new FakeKeyFile(kind === 'key-file') };
}
