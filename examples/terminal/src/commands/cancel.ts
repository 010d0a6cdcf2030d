/**
 * Takes something back that has not come to its end: a request of this side, or the transfer of a file.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import { type Command, type CommandContext, chatInFocus, numberOf } from './command.ts';

export const CANCEL: Command = {
  name: 'cancel',
  usage: '[message]',
  does: 'takes back a request that was not accepted yet; with a number, stops the transfer of that file',
  async run(context, words) {
    if (words === '') {
      await waitingChat(context).cancel();
    } else {
      await cancelFile(context, numberOf(words, 'A message'));
    }
  },
};

async function cancelFile(context: CommandContext, n: number): Promise<void> {
  const chat = chatInFocus(context);
  const message = await chat.message(n);
  await chat.cancelFile(n);
  const done = message?.from === 'me' ? 'is not sent' : `is not fetched; /save ${n} <path> begins anew`;
  context.note(`Cancelled: the file of message ${n} ${done}.`, chat.n);
}

/** The chat in focus, or the only one that waits. @throws {@link ProgramError} `NO_CHAT`, `USAGE` */
function waitingChat({ focus, device }: CommandContext) {
  if (focus?.state === 'waiting') {
    return focus;
  }
  const [first, ...more] = device.chats.filter(({ state }) => state === 'waiting');
  if (first === undefined) {
    throw new ProgramError('NO_CHAT', 'There is no request of yours that waits.');
  }
  if (more.length > 0) {
    const ways = [first, ...more].map(({ n }) => `/chat ${n}`).join(', ');
    throw new ProgramError('USAGE', `Which request? Go to its chat first: ${ways}.`);
  }
  return first;
}
