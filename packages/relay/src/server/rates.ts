/**
 * The rates that are limited for each network, all connections of it together.
 *
 * Spec: docs/protocol/relay.md §8.4.
 *
 * @module
 */

import { MAX_ENVELOPE_SIZE, PIECE_SIZES } from '@secret-chat/wire';
import type { Limits } from './limits.ts';
import { NetworkRates } from './rate-limit.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** However small its share is, a network may put one envelope, and upload one piece. */
const MAX_PIECE_SIZE = Math.max(...PIECE_SIZES);

export class Rates {
  /** Mailboxes opened anew; renewing is free. */
  readonly mailboxes: NetworkRates;
  /** Cards put. */
  readonly cards: NetworkRates;
  /** One-time prekeys taken (§5.2). */
  readonly prekeys: NetworkRates;
  /** Bytes of envelopes stored. */
  readonly envelopeBytes: NetworkRates;
  /** Bytes of pieces stored. */
  readonly pieceBytes: NetworkRates;
  /** Wrong tokens shown. */
  readonly wrongTokens: NetworkRates;

  constructor(limits: Limits) {
    this.mailboxes = new NetworkRates(limits.mailboxesPerHour, HOUR_MS);
    this.cards = new NetworkRates(limits.cardsPerHour, HOUR_MS);
    this.prekeys = new NetworkRates(limits.prekeysPerMinute, MINUTE_MS);
    const { envelopeBytes, envelopeShare, pieceBytes, pieceShare } = limits;
    this.envelopeBytes = new NetworkRates(Math.max(envelopeBytes * envelopeShare, MAX_ENVELOPE_SIZE), DAY_MS);
    this.pieceBytes = new NetworkRates(Math.max(pieceBytes * pieceShare, MAX_PIECE_SIZE), DAY_MS);
    this.wrongTokens = new NetworkRates(limits.wrongTokensPerMinute, MINUTE_MS);
  }

  sweep(now: number): void {
    for (const rates of Object.values(this) as NetworkRates[]) {
      rates.sweep(now);
    }
  }
}
