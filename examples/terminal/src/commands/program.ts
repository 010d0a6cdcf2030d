/**
 * Commands for the program itself. Help is in the table, which it shows.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { changeKey } from '../profile-key.ts';
import type { Command } from './command.ts';

export const PROGRAM_COMMANDS: readonly Command[] = [
  {
    name: 'passphrase',
    usage: '',
    does: 'changes what opens this profile: another passphrase, or a key file',
    async run(context) {
      const kind = await changeKey(context.key, context.device, (question) => context.askSecret(question));
      context.note(
        kind === 'passphrase'
          ? 'This profile opens with the new passphrase from now on.'
          : 'This profile opens with a key file from now on: who can read the file can open it.',
      );
    },
  },
  {
    name: 'lock',
    usage: '',
    does: 'closes this profile until its passphrase is given again',
    run(context) {
      if (context.key.kind !== 'passphrase') {
        throw new ProgramError(
          'USAGE',
          'This profile opens with a key file, so a lock would keep nobody out. /passphrase gives it a passphrase.',
        );
      }
      context.lock();
    },
  },
  {
    name: 'quit',
    usage: '',
    does: 'sends what waits, and leaves',
    run(context) {
      context.leave();
    },
  },
];
