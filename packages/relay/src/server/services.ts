/**
 * What all connections share.
 *
 * @module
 */

import type { Effects } from '../effects.ts';
import type { RelayStore } from '../store/relay-store.ts';
import type { Limits } from './limits.ts';
import { Mailboxes } from './mailboxes.ts';
import { PutBatch } from './put-batch.ts';
import { Rates } from './rates.ts';
import { ReadTurns } from './read-turns.ts';
import { RequestBacklog } from './request-backlog.ts';
import { SlowConnections } from './slow-connections.ts';
import type { Token } from './token.ts';
import { Totals } from './totals.ts';

export interface Services {
  readonly store: RelayStore;
  readonly limits: Limits;
  readonly effects: Effects;
  /** The origins that clients dial: what a proof may be for (docs/protocol/relay.md §3.3). */
  readonly origins: readonly string[];
  /** Of a private relay (§3.6). */
  readonly token: Token | undefined;
  readonly mailboxes: Mailboxes;
  readonly puts: PutBatch;
  readonly turns: ReadTurns;
  readonly requests: RequestBacklog;
  readonly slow: SlowConnections;
  readonly rates: Rates;
  readonly totals: Totals;
}

export function createServices(given: Pick<Services, 'store' | 'limits' | 'effects' | 'origins' | 'token'>): Services {
  const mailboxes = new Mailboxes();
  const { store, effects, limits } = given;
  return {
    ...given,
    mailboxes,
    puts: new PutBatch(store, effects, (item) => mailboxes.stored(item)),
    turns: new ReadTurns(),
    requests: new RequestBacklog(limits.requestBacklogBytes),
    slow: new SlowConnections(limits.backlogBytesInAll),
    rates: new Rates(limits),
    totals: new Totals(),
  };
}

/** Unix time in whole seconds, as the store takes it. */
export function seconds(effects: Effects): number {
  return Math.floor(effects.now() / 1000);
}
