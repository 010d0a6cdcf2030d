/**
 * The commands: help, completion and both ways of typing go by this table.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import type { CommandHelp } from '../session-event.ts';
import { ACCOUNT_COMMANDS } from './account.ts';
import { CANCEL } from './cancel.ts';
import { CHAT_COMMANDS } from './chats.ts';
import { type Command, splitWord } from './command.ts';
import { FILE_COMMANDS } from './files.ts';
import { INVITE_COMMANDS } from './invites.ts';
import { LIFETIME_COMMANDS } from './lifetimes.ts';
import { MESSAGE_COMMANDS } from './messages.ts';
import { PROGRAM_COMMANDS } from './program.ts';
import { REQUEST_COMMANDS } from './requests.ts';
import { TRUST_COMMANDS } from './trust.ts';

const HELP: Command = {
  name: 'help',
  usage: '[command]',
  does: 'shows this, or what one command does',
  run(context, words) {
    const all = commandHelp();
    const asked = all.filter(({ name }) => name === words.replace(/^\//, ''));
    context.show({ type: 'help', commands: asked.length === 0 ? all : asked });
  },
};

const COMMANDS: readonly Command[] = [
  ...INVITE_COMMANDS,
  CANCEL,
  ...REQUEST_COMMANDS,
  ...CHAT_COMMANDS,
  ...MESSAGE_COMMANDS,
  ...FILE_COMMANDS,
  ...LIFETIME_COMMANDS,
  ...TRUST_COMMANDS,
  ...ACCOUNT_COMMANDS,
  HELP,
  ...PROGRAM_COMMANDS,
];

/** What a line means. */
export type Line =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'command'; readonly command: Command; readonly words: string };

/**
 * A line that begins with `/` is a command, any other a text; `//` begins a text with `/`.
 *
 * @throws {@link ProgramError} `UNKNOWN_COMMAND`, or `USAGE` for words after a command that takes none
 */
export function readLine(line: string): Line {
  if (line.trim() === '') {
    return { kind: 'nothing' };
  }
  if (line.startsWith('//')) {
    return { kind: 'text', text: line.slice(1) };
  }
  if (!line.startsWith('/')) {
    return { kind: 'text', text: line };
  }
  const [name, words] = splitWord(line.slice(1));
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new ProgramError(
      'UNKNOWN_COMMAND',
      `There is no command /${name}: /help lists them, and // begins a text with a slash.`,
    );
  }
  if (command.usage === '' && words !== '') {
    // Who types `/clear 3` does not mean everything.
    throw new ProgramError('USAGE', `/${name} stands alone: it ${command.does}.`);
  }
  return { kind: 'command', command, words };
}

/** Every command, for people. */
export function commandHelp(): CommandHelp[] {
  return COMMANDS.map(({ name, usage, does }) => ({ name, usage, does }));
}

/** The names that begin with `start`. */
export function completions(start: string): string[] {
  return COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(start));
}
