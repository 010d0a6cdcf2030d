/**
 * Commands for the account: what relays hold for this device, for how long, and its end.
 *
 * @module
 */

import { ProgramError } from '../problem.ts';
import type { Command } from './command.ts';

const CONFIRMATION = 'delete';
const MIN_WEEKS = 1;
const MAX_WEEKS = 104;
/** 24 months are 104 weeks. */
const WEEKS: { readonly [unit: string]: number } = { w: 1, m: 52 / 12, y: 52 };

export const ACCOUNT_COMMANDS: readonly Command[] = [
  {
    name: 'export',
    usage: '<path>',
    does: 'writes everything that relays hold for you to a new file',
    async run(context, words) {
      if (words === '') {
        throw new ProgramError('USAGE', '/export needs a path: /export ~/relay-data.json');
      }
      const data = await context.device.exportRelayData();
      context.show({
        type: 'exported',
        path: await context.files.write(words, `${JSON.stringify(data, undefined, 2)}\n`),
      });
    },
  },
  {
    name: 'account-ttl',
    usage: '[period]',
    does: 'how long relays keep what you do not use: 1w to 24m; without one, tells how long it is',
    async run(context, words) {
      if (words !== '') {
        await context.device.setAccountTtl(weeksOf(words));
      }
      context.note(`Relays delete what you do not use for ${context.device.accountTtlWeeks} weeks.`);
    },
  },
  {
    name: 'delete-account',
    usage: '[yes]',
    does: 'destroys everything here and at relays, and ends every chat; this cannot be undone',
    async run(context, words) {
      await requireConfirmation(words, context.isScreen ? (question) => context.askSecret(question) : undefined);
      await context.deleteAccount();
    },
  },
];

/** @throws {@link ProgramError} `USAGE` */
function weeksOf(period: string): number {
  const [, number = '', unit = 'w'] = /^(\d{1,4}) ?([wmy])[a-z]*$/i.exec(period) ?? [];
  const weeks = Math.round(Number(number) * (WEEKS[unit.toLowerCase()] ?? 1));
  if (number === '' || weeks < MIN_WEEKS || weeks > MAX_WEEKS) {
    throw new ProgramError('USAGE', 'The period is from 1w to 24m: weeks (w), months (m) or years (y).');
  }
  return weeks;
}

/** @param ask `undefined` where nobody is there to be asked */
async function requireConfirmation(
  words: string,
  ask: ((question: string) => Promise<string | undefined>) | undefined,
): Promise<void> {
  if (words === 'yes') {
    return;
  }
  if (words !== '' || ask === undefined) {
    throw new ProgramError('USAGE', 'This destroys everything for good. If you are sure: /delete-account yes');
  }
  const answer = await ask(`Everything is destroyed, here and at relays, for good. Type ${CONFIRMATION}: `);
  if (answer?.trim() !== CONFIRMATION) {
    throw new ProgramError('USAGE', 'Given up: nothing was deleted.');
  }
}
