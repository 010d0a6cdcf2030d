/**
 * The arguments of the program.
 *
 * @module
 */

import { Command } from 'commander';

export interface Arguments {
  readonly invite?: string;
  readonly profile?: string;
  readonly data?: string;
  readonly relay?: string;
  readonly relayTokenFile?: string;
  readonly allowInsecureRelay?: boolean;
  readonly name?: string;
  readonly passphraseFile?: string;
  readonly accept: boolean;
  readonly autoRead: boolean;
  readonly plain: boolean;
  readonly json: boolean;
}

const AFTER = `
Without an invite and without chats it makes an invite and shows what the other person types.
/help in the chat lists the commands. Without a terminal, or with --plain or --json, commands are
read line by line, and a key file opens the profile unless --passphrase-file is given.`;

/** Reads them; `--help`, `--version` and mistakes end the process, as users expect. */
export function readArguments(argv: readonly string[], version: string): Arguments {
  const program = new Command('npm start --')
    .description('End-to-end encrypted chat in a terminal.')
    .argument('[invite]', 'joins the person who made it: secret-chat:…')
    .option('--profile <name>', 'whose chats; each profile is a device of its own (default: the first free one)')
    .option('--data <folder>', 'where profiles are (default: where your system wants it)')
    .option('--relay <url>', 'relay of your invites and mailboxes, wss://host[:port] (default: ws://127.0.0.1:8787)')
    .option('--relay-token-file <file>', 'its first line is the token of a private relay')
    .option('--allow-insecure-relay', 'a relay on another machine may be without TLS (ws://); kept with the profile')
    .option('--name <name>', 'what others are shown')
    .option('--passphrase-file <file>', 'its first line is the passphrase')
    .option('--accept', 'lets everyone in who uses an invite')
    .option('--no-auto-read', 'what is shown does not count as read: /read does it')
    .option('--plain', 'a command a line in, an event a line out')
    .option('--json', 'a command a line in, a JSON event a line out')
    .version(version, '--version', 'shows the version')
    .helpOption('--help', 'shows this')
    .addHelpText('after', AFTER)
    .showHelpAfterError('--help lists every option')
    .allowExcessArguments(false);
  program.parse(argv as string[], { from: 'user' });
  const [invite] = program.args;
  const given = program.opts<Partial<Omit<Arguments, 'invite'>> & Pick<Arguments, 'autoRead'>>();
  return { accept: false, plain: false, json: false, ...given, ...(invite === undefined ? {} : { invite }) };
}
