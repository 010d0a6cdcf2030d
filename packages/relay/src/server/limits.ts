/**
 * Every limit of a relay: its name, its default, and what it is for.
 *
 * The program makes an option of each and prints them with `--help`. Sizes that the protocol fixes are not here: see
 * docs/protocol/relay.md §2.
 *
 * @module
 */

import { RelayStartError } from '../errors.ts';
import type { StoreLimits } from '../store/relay-store.ts';

interface Limit {
  readonly value: number;
  /** What is counted. */
  readonly unit: string;
  readonly says: string;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export type LimitName =
  | 'envelopesPerMailbox'
  | 'bytesPerMailbox'
  | 'mailboxes'
  | 'envelopeBytes'
  | 'envelopeShare'
  | 'cards'
  | 'pieceBytes'
  | 'pieceShare'
  | 'connections'
  | 'connectionsPerNetwork'
  | 'mailboxesPerHour'
  | 'cardsPerHour'
  | 'prekeysPerMinute'
  | 'wrongTokensPerMinute'
  | 'putsPerSecond'
  | 'framesPerSecond'
  | 'requestsInFlight'
  | 'subscriptionsPerConnection'
  | 'envelopesInFlight'
  | 'backlogBytes'
  | 'backlogBytesInAll'
  | 'pushBacklogBytes'
  | 'requestBacklogBytes'
  | 'piecesInFlight'
  | 'piecesInFlightPerNetwork'
  | 'headerSeconds'
  | 'requestSeconds'
  | 'idleSeconds'
  | 'heartbeatSeconds'
  | 'purgeSeconds'
  | 'purgeStep'
  | 'checkpointSeconds'
  | 'drainSeconds';

export type Limits = { readonly [Name in LimitName]: number };

/** Of all of these, none may be 0. */
export const LIMITS: { readonly [Name in LimitName]: Limit } = {
  envelopesPerMailbox: { value: 4_000, unit: 'envelopes', says: 'held for one mailbox' },
  bytesPerMailbox: { value: 32 * MIB, unit: 'bytes', says: 'of envelopes held for one mailbox' },
  mailboxes: { value: 1_000_000, unit: 'mailboxes', says: 'in all' },
  envelopeBytes: { value: 8 * GIB, unit: 'bytes', says: 'of envelopes in all' },
  envelopeShare: { value: 0.25, unit: 'of envelopeBytes', says: 'that one network may put in a day' },
  cards: { value: 100_000, unit: 'cards', says: 'in all' },
  pieceBytes: { value: 32 * GIB, unit: 'bytes', says: 'of pieces in all' },
  pieceShare: { value: 0.05, unit: 'of pieceBytes', says: 'that one network may upload in a day' },

  connections: { value: 20_000, unit: 'connections', says: 'in all' },
  connectionsPerNetwork: { value: 200, unit: 'connections', says: 'from one network' },
  mailboxesPerHour: { value: 1_000, unit: 'mailboxes', says: 'that one network may open in an hour' },
  cardsPerHour: { value: 100, unit: 'cards', says: 'that one network may put in an hour' },
  prekeysPerMinute: { value: 1, unit: 'prekeys', says: 'that one network may take in a minute' },
  wrongTokensPerMinute: {
    value: 10,
    unit: 'tokens',
    says: 'wrong ones from one network before the next is not looked at',
  },

  putsPerSecond: { value: 1_000, unit: 'puts', says: 'on one connection; twice as many at once' },
  framesPerSecond: {
    value: 1_000,
    unit: 'frames',
    says: 'on one connection, signed ones counted as 5; a faster one is read more slowly',
  },
  requestsInFlight: {
    value: 512,
    unit: 'requests',
    says: 'unanswered on one connection before it is read more slowly',
  },
  subscriptionsPerConnection: { value: 4_000, unit: 'mailboxes', says: 'subscribed to on one connection' },
  envelopesInFlight: { value: 64, unit: 'envelopes', says: 'sent and not acknowledged, for each mailbox' },
  backlogBytes: { value: 4 * MIB, unit: 'bytes', says: 'waiting for a connection that reads slowly before it is cut' },
  backlogBytesInAll: {
    value: 256 * MIB,
    unit: 'bytes',
    says: 'waiting for all slow connections together before the slowest is cut',
  },
  pushBacklogBytes: { value: MIB, unit: 'bytes', says: 'waiting for a connection before envelopes wait in the store' },
  requestBacklogBytes: {
    value: 128 * MIB,
    unit: 'bytes',
    says: 'of requests waiting for the disk before all but small ones are UNAVAILABLE',
  },
  piecesInFlight: { value: 128, unit: 'pieces', says: 'uploaded or read at the same time' },
  piecesInFlightPerNetwork: { value: 32, unit: 'pieces', says: 'uploaded or read at the same time by one network' },

  headerSeconds: { value: 10, unit: 'seconds', says: 'for the headers of a request, and for the WebSocket handshake' },
  requestSeconds: {
    value: 300,
    unit: 'seconds',
    says: 'for a whole request with its body, and for a piece to be read',
  },
  idleSeconds: { value: 60, unit: 'seconds', says: 'without a byte on a connection of HTTP' },
  heartbeatSeconds: { value: 30, unit: 'seconds', says: 'between pings; a connection silent for twice as long is cut' },
  purgeSeconds: { value: 120, unit: 'seconds', says: 'between purges of what expired' },
  purgeStep: { value: 100, unit: 'items', says: 'that one step of a purge removes' },
  checkpointSeconds: { value: 10, unit: 'seconds', says: 'after which deleted bytes have left the write-ahead log' },
  drainSeconds: { value: 5, unit: 'seconds', says: 'for what is under way when the relay stops' },
};

/** Longest wait for a timer of Node, in seconds. */
const MAX_LIMIT_SECONDS = 2_000_000;

/** @throws {@link RelayStartError} `INVALID_OPTION` for an unknown name, what is not a positive number, or backlogs that contradict */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(LIMITS, name)) {
      throw new RelayStartError('INVALID_OPTION', `there is no limit ${name}`);
    }
    checkLimit(name as LimitName, value);
  }
  const defaults = Object.entries(LIMITS).map(([name, { value }]) => [name, value]);
  const limits = { ...(Object.fromEntries(defaults) as Limits), ...given };
  const { pushBacklogBytes, backlogBytes, backlogBytesInAll } = limits;
  if (pushBacklogBytes >= Math.min(backlogBytes, backlogBytesInAll)) {
    // Who reads slowly would be cut by what it is pushed, at every connection anew.
    throw new RelayStartError('INVALID_OPTION', 'pushBacklogBytes is less than backlogBytes and backlogBytesInAll');
  }
  return limits;
}

/** The limits that the store keeps itself; the size of a pool is the protocol's (§2). */
export function storeLimits(limits: Limits, prekeysPerCard: number): StoreLimits {
  const { envelopesPerMailbox, bytesPerMailbox, mailboxes, envelopeBytes, cards, pieceBytes } = limits;
  return { envelopesPerMailbox, bytesPerMailbox, mailboxes, envelopeBytes, cards, prekeysPerCard, pieceBytes };
}

function checkLimit(name: LimitName, value: unknown): void {
  const { unit } = LIMITS[name];
  const isShare = unit.startsWith('of ');
  const max = unit === 'seconds' ? MAX_LIMIT_SECONDS : isShare ? 1 : Number.MAX_SAFE_INTEGER;
  const isFraction = isShare || unit === 'seconds';
  const fits = typeof value === 'number' && value > 0 && value <= max && (isFraction || Number.isSafeInteger(value));
  if (!fits) {
    throw new RelayStartError('INVALID_OPTION', `${name} is a number above 0, at most ${max}`);
  }
}
