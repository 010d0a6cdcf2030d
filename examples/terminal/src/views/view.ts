/**
 * A view: shows what a session tells, and hands in what is typed.
 *
 * @module
 */

import type { Session } from '../session.ts';
import type { SessionView } from '../session-options.ts';

export interface View extends SessionView {
  /** Told before the session's first event. */
  attach(session: Session): void;
  /** Hands in what is typed, until the input ends or the session is left. */
  run(session: Session): Promise<void>;
  /** The session is over, and nothing of it may stay; another one may be attached. */
  detach(): void;
  /** The process was stopped, and goes on. */
  resume(): void;
  /** Gives the terminal back as it was. */
  close(): Promise<void>;
}
