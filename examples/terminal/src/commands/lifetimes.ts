/**
 * Commands for how long messages live: timers, viewing, deleting, clearing.
 *
 * @module
 */

import { timerText } from '../views/timer-text.ts';
import { type Command, chatInFocus, numberOf, numbersOf, withMessages } from './command.ts';
import { timerOf } from './timer-word.ts';
import { viewMessage } from './view-message.ts';

export const LIFETIME_COMMANDS: readonly Command[] = [
  {
    name: 'timer',
    usage: '<off|once|time>',
    does: 'messages to come destroy themselves on both sides so long after they were read: 3s, 1m, 1h, 1d, 1w',
    async run(context, words) {
      const chat = chatInFocus(context);
      const timer = timerOf(words);
      await chat.setTimer(timer);
      context.note(TIMER_NOTES[typeof timer === 'string' ? timer : 'time'](timerText(timer)), chat.n);
    },
  },
  {
    name: 'view',
    usage: '<message>',
    does: 'opens a message or photo, also one that is hidden until then; its time runs from now on',
    async run(context, words) {
      await viewMessage(context, chatInFocus(context), numberOf(words, 'A message'));
    },
  },
  {
    name: 'delete',
    usage: '<message> …',
    does: 'destroys messages here, and asks the other side to',
    async run(context, words) {
      const chat = chatInFocus(context);
      await withMessages(chat, numbersOf(words, 'A message'), (numbers) => chat.deleteMessages(numbers));
    },
  },
  {
    name: 'clear',
    usage: '',
    does: 'destroys the whole history here, and asks the other side to',
    async run(context) {
      const chat = chatInFocus(context);
      await chat.clear();
      context.note('The history is destroyed here. The other side is asked to destroy it too.', chat.n);
    },
  },
];

const TIMER_NOTES = {
  off: () => 'Messages to come stay.',
  once: () => 'Messages to come can be seen once.',
  time: (text: string) => `Messages to come destroy themselves ${text} after they were read.`,
} as const;
