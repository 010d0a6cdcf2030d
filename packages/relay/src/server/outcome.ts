/**
 * What became of a request.
 *
 * Spec: docs/protocol/relay.md §3.5 and §9.
 *
 * @module
 */

import type { RelayErrorCode, Reply } from '@secret-chat/wire';

type OkFields = Omit<Extract<Reply, { readonly op: 'ok' }>, 'op' | 'id'>;

/** Done; `ok` carries what the operation answers. */
export interface Done {
  readonly ok: OkFields;
  /** What comes after the answer, such as the envelopes of a subscription. */
  readonly next?: () => void;
}

/** Not done, nothing was changed. */
export interface Refused {
  readonly refused: RelayErrorCode;
  readonly retryAfterMs?: number;
}

export type Outcome = Done | Refused;

export const DONE: Done = { ok: {} };

export function refuse(code: RelayErrorCode): Refused {
  return { refused: code };
}

/** @param waitMs until it may be tried again */
export function rateLimited(waitMs: number): Refused {
  return { refused: 'RATE_LIMITED', retryAfterMs: waitMs };
}
