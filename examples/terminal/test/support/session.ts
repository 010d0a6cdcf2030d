/**
 * A session with a fake device, whose view writes everything down.
 *
 * @module
 */

import type { KeyKind } from '../../src/profile-key.ts';
import { Session } from '../../src/session.ts';
import type { SessionEvent } from '../../src/session-event.ts';
import { FakeDevice } from './fake-device.ts';
import { FakeFiles } from './fake-files.ts';
import { fakeKey } from './fake-key.ts';
import { fakePhotos } from './fake-photos.ts';

export interface Rig {
  readonly device: FakeDevice;
  readonly session: Session;
  readonly files: FakeFiles;
  readonly events: SessionEvent[];
  /** The last event of a type. */
  last<Type extends SessionEvent['type']>(type: Type): Extract<SessionEvent, { type: Type }> | undefined;
  /** Questions that were asked, and their answers in advance. */
  readonly questions: string[];
  readonly answers: (string | undefined)[];
}

export interface RigOptions {
  readonly device?: FakeDevice;
  readonly autoAccept?: boolean;
  readonly autoRead?: boolean;
  readonly key?: KeyKind;
  readonly isScreen?: boolean;
  readonly hasPhotos?: boolean;
}

export function rig(options: RigOptions = {}): Rig {
  const { device = new FakeDevice(), autoAccept = false, autoRead = true, key = 'key-file', isScreen = true } = options;
  const files = new FakeFiles();
  device.hasPhotos = options.hasPhotos ?? true;
  const events: SessionEvent[] = [];
  const questions: string[] = [];
  const answers: (string | undefined)[] = [];
  const session = new Session({
    device: device.asDevice,
    profile: 'default',
    key: fakeKey(key),
    files,
    photos: fakePhotos(options.hasPhotos),
    autoAccept,
    autoRead,
    view: {
      isScreen,
      drawsPictures: false,
      show: (event) => events.push(event),
      askSecret: async (question) => {
        questions.push(question);
        return answers.shift();
      },
    },
  });
  const last = <Type extends SessionEvent['type']>(type: Type) =>
    events.findLast((event): event is Extract<SessionEvent, { type: Type }> => event.type === type);
  return { device, session, files, events, last, questions, answers };
}

/** A session that has started, with nobody to wait for. */
export async function startedRig(options: RigOptions = {}, invite?: string): Promise<Rig> {
  const made = rig(options);
  await made.session.start(invite, Promise.resolve());
  return made;
}
