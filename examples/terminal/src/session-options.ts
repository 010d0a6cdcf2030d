/**
 * What a session is made of.
 *
 * @module
 */

import type { Device } from '@secret-chat/client';
import type { LocalFiles } from './local-files.ts';
import type { Photos } from './photos/photos.ts';
import type { ProfileKey } from './profile-key.ts';
import type { SessionEvent } from './session-event.ts';

export interface SessionOptions {
  readonly device: Device;
  readonly profile: string;
  readonly key: ProfileKey;
  readonly files: LocalFiles;
  readonly photos: Photos;
  /** Lets everyone in who uses an invite. */
  readonly autoAccept: boolean;
  /** What was shown counts as read. */
  readonly autoRead: boolean;
  readonly view: SessionView;
}

/** What a session needs of a view. */
export interface SessionView {
  /** Whether there is a person at a screen: it shows pictures, and asks before something cannot be undone. */
  readonly isScreen: boolean;
  /** Whether the terminal can draw pictures itself, with more pixels than it has characters. */
  readonly drawsPictures: boolean;
  show(event: SessionEvent): void;
  askSecret(question: string): Promise<string | undefined>;
}
