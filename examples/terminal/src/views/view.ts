/**
 * A view: shows what a session tells, and hands in what is typed.
 *
 * @module
 */

import type { Session, SessionView } from '../session.ts';

export interface View extends SessionView {
  /** Told before the session's first event. */
  attach(session: Session): void;
  /** Hands in what is typed, until the input ends or the user leaves. */
  run(session: Session): Promise<void>;
  /** The process was stopped, and goes on. */
  resume(): void;
  /** Gives the terminal back as it was. */
  close(): Promise<void>;
}
