/**
 * Commands for invites: made here, or used here.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { type Command, numberOf } from './command.ts';

export const INVITE_COMMANDS: readonly Command[] = [
  {
    name: 'invite',
    usage: '[reusable]',
    does: 'makes an invite; reusable: for more than one person',
    async run(context, words) {
      if (words !== '' && words !== 'reusable') {
        throw new ProgramError('USAGE', '/invite makes an invite for one person, /invite reusable one for several.');
      }
      await context.invite({ reusable: words === 'reusable' });
    },
  },
  {
    name: 'invites',
    usage: '',
    does: 'lists the invites that can be used',
    run(context) {
      context.show({ type: 'invites', invites: context.device.invites });
    },
  },
  {
    name: 'revoke',
    usage: '<invite>',
    does: 'makes an invite useless',
    async run(context, words) {
      await context.device.revokeInvite(numberOf(words, 'An invite'));
    },
  },
  {
    name: 'join',
    usage: '<link>',
    does: 'uses an invite',
    async run(context, words) {
      if (words === '') {
        throw new ProgramError('USAGE', '/join needs the invite: /join secret-chat:…');
      }
      await context.join(words);
    },
  },
];
