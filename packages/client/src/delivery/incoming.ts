/**
 * A content of the other side with its place in the order.
 *
 * @module
 */

import type { DecodedContent, TimerValue } from '@secret-chat/crypto';

export interface Incoming {
  readonly seq: number;
  readonly timer: TimerValue;
  /** `undefined` when its padding was broken. */
  readonly bytes: Uint8Array | undefined;
  readonly decoded: DecodedContent;
  /** Content hash (content §5.1), of a `gone` the one that it carries. */
  readonly hash: Uint8Array;
  /** The entry of the history that stood for it while it was missing. */
  readonly place?: number | undefined;
}
