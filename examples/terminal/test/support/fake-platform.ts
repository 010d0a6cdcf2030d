/**
 * Profiles without a disk: which are in use, which are sealed how, and what opens them.
 *
 * @module
 */

import path from 'node:path';
import { ClientError, type Device, type OpenDeviceOptions, type Store } from '@secret-chat/client';
import type { DevicePlatform } from '../../src/open-device.ts';
import type { KeyKind } from '../../src/profile-key.ts';
import { FakeDevice } from './fake-device.ts';
import { FakeKeyFile } from './fake-key.ts';

interface FakeProfile {
  kind: KeyKind | undefined;
  passphrase?: string;
  inUse?: boolean;
  readonly keyFile?: FakeKeyFile;
}

export class FakePlatform implements DevicePlatform {
  readonly device: FakeDevice = new FakeDevice();
  /** By the name of their folder. */
  readonly profiles: Map<string, FakeProfile>;
  /** What devices were opened with. */
  readonly opened: OpenDeviceOptions[] = [];
  /** Folders of stores that are open. */
  readonly open: string[] = [];

  constructor(profiles: Readonly<Record<string, FakeProfile>> = {}) {
    this.profiles = new Map(Object.entries(profiles));
  }

  async openStore(folder: string): Promise<Store> {
    const name = path.basename(folder);
    if (this.#profile(name).inUse === true || this.open.includes(name)) {
      throw new ClientError('STORE_IN_USE', 'in use');
    }
    this.open.push(name);
    let isClosed = false;
    const close = async () => {
      if (!isClosed) {
        isClosed = true;
        this.open.splice(this.open.indexOf(name), 1);
      }
    };
    return { name, close } as unknown as Store;
  }

  async unlockKind(store: Store): Promise<KeyKind | undefined> {
    return this.#profile(nameOf(store)).kind;
  }

  async openDevice(options: OpenDeviceOptions): Promise<Device> {
    const profile = this.#profile(nameOf(options.store));
    this.opened.push(options);
    if (profile.kind === 'passphrase' && 'passphrase' in options && options.passphrase !== profile.passphrase) {
      await options.store.close();
      throw new ClientError('WRONG_PASSPHRASE', 'wrong');
    }
    profile.kind ??= 'passphrase' in options ? 'passphrase' : 'key-file';
    this.device.isClosed = false;
    this.device.closeStore = () => options.store.close();
    return this.device.asDevice;
  }

  keyFile(profileFolder: string): FakeKeyFile {
    const profile = this.#profile(path.basename(profileFolder));
    return profile.keyFile ?? new FakeKeyFile(profile.kind === 'key-file');
  }

  #profile(name: string): FakeProfile {
    const profile = this.profiles.get(name) ?? { kind: undefined };
    this.profiles.set(name, profile);
    return profile;
  }
}

function nameOf(store: Store): string {
  return (store as unknown as { readonly name: string }).name;
}
