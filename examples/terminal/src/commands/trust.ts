/**
 * Commands that make certain who is at the other end.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { type Command, chatInFocus, chatOf } from './command.ts';

export const TRUST_COMMANDS: readonly Command[] = [
  {
    name: 'verify',
    usage: '[chat]',
    does: 'shows the fingerprint to compare with the other person',
    run(context, words) {
      const chat = chatOf(context, words);
      const { n, name, verified } = chat;
      context.show({ type: 'fingerprint', chat: n, name, verified, fingerprint: chat.fingerprint() });
    },
  },
  {
    name: 'verified',
    usage: '[no]',
    does: 'remembers that you compared it and it was the same; no: takes that back',
    async run(context, words) {
      if (words !== '' && words !== 'no') {
        throw new ProgramError(
          'USAGE',
          '/verified remembers that you compared the fingerprint, /verified no takes it back.',
        );
      }
      const chat = chatInFocus(context);
      await chat.markVerified(words === '');
      const now = chat.verified ? 'is marked as verified' : 'is not marked as verified any more';
      context.note(`Chat ${chat.n} ${now}.`, chat.n);
    },
  },
];
