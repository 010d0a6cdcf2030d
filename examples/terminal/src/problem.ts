/**
 * What went wrong, as a sentence that says what to do.
 *
 * @module
 */

import { type ClientError, type ClientErrorCode, isClientError } from '@secret-chat/client';

/** Codes of this program, beside those of the client. */
export type ProgramErrorCode =
  /** There is no command of this name. */
  | 'UNKNOWN_COMMAND'
  /** The command needs other arguments. */
  | 'USAGE'
  /** There is no chat to do it in. */
  | 'NO_CHAT'
  /** The program cannot start as it was asked to. */
  | 'CANNOT_START'
  /** No relay answers, and none could be started here. */
  | 'RELAY_NOT_STARTED'
  /** A defect of this program. */
  | 'DEFECT';

/** What this program throws. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly code: ProgramErrorCode;

  constructor(code: ProgramErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What people and scripts are told. */
export interface Problem {
  readonly code: ClientErrorCode | ProgramErrorCode;
  readonly message: string;
}

/** Where the client's own message does not say what to do; it follows in brackets. */
const SENTENCES: { readonly [Code in ClientErrorCode]?: string } = {
  STORE_IN_USE: 'Another process has this profile open. Close it, or choose another one with --profile <name>.',
  STORE_DAMAGED: 'The profile on the disk is damaged and cannot be read. Choose another one with --profile <name>.',
  STORE_TOO_NEW: 'The profile was written by a newer version of this program. Use that version.',
  STORE_FAILED: 'The profile cannot be written. Is the disk full, or is its folder not yours?',
  WRONG_PASSPHRASE: 'The passphrase is wrong.',
  RELAY_UNREACHABLE: 'The relay cannot be reached. What you wrote waits on this device; try the rest again later.',
  INVITE_MALFORMED: 'This is no invite, or it was mistyped or cut. Copy it whole, from secret-chat: to its end.',
  INVITE_TOO_NEW: 'The invite was made by a newer version of this program. Update, and use it again.',
  INVITE_GONE: 'The invite is used up, revoked or expired. Ask for a new one.',
  INVITE_FORGED: 'What lies behind the invite was not made by who made the link. Do not use it; ask for a new one.',
  INVITE_OWN: 'You made this invite yourself. Give it to the person you want to talk to.',
  PHOTO_UNREADABLE:
    'Nothing was sent: place, time and camera cannot be taken out of this photo. /file sends it as it is, with them.',
  TOO_LONG: 'The text is too long for one message. Send it in parts.',
};

/** Those that users can do something about. */
const SYSTEM_CODES: { readonly [code: string]: string } = {
  ENOENT: 'there is nothing of that name',
  ENOTDIR: 'what should be a folder is a file',
  EACCES: 'you are not allowed to',
  EPERM: 'you are not allowed to',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
};

/** Any error as a problem. Neither sentence nor code holds a secret, a text or a name. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProgramError) {
    return { code: error.code, message: error.message };
  }
  if (isClientError(error)) {
    return { code: error.code, message: sentence(error) };
  }
  return {
    code: 'DEFECT',
    message: `This should not have happened: ${error instanceof Error ? error.message : error}`,
  };
}

function sentence(error: ClientError): string {
  const known = SENTENCES[error.code];
  if (known !== undefined) {
    return /^(RELAY|PHOTO)_/.test(error.code) ? `${known} (${error.message})` : known;
  }
  return asSentence(error.message);
}

/** What the client says of an error, for people: with a capital and a stop, and with what a system's code means. */
export function asSentence(message: string): string {
  const explained = message.replace(/ \(([A-Z]+)\)$/, (code, name) =>
    Object.hasOwn(SYSTEM_CODES, name) ? `: ${SYSTEM_CODES[name]}${code}` : code,
  );
  const sentence = `${explained.slice(0, 1).toUpperCase()}${explained.slice(1)}`;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
