/** What two people do with timed messages, and what happens to their machines and clocks. */

import type { TimerValue } from '@secret-chat/crypto';

export type Who = 0 | 1;
export type What = 'text' | 'file' | 'photo';

export type Happening =
  | { readonly does: 'send'; readonly who: Who; readonly what: What; readonly timer: TimerValue }
  | { readonly does: 'read' | 'view' | 'close'; readonly who: Who; readonly which: number }
  | { readonly does: 'change timer'; readonly who: Who; readonly timer: TimerValue }
  | { readonly does: 'go offline' | 'go online' | 'kill' | 'quit' | 'start' | 'sleep' | 'wake'; readonly who: Who }
  | { readonly does: 'turn' | 'turn and back' | 'lag'; readonly who: Who; readonly ms: number }
  /** Asleep or off for a while, its wall clock turned meanwhile. */
  | { readonly does: 'nap' | 'break' | 'crash'; readonly who: Who; readonly ms: number; readonly turn: number }
  | { readonly does: 'wait'; readonly ms: number };

export function other(who: Who): Who {
  return who === 0 ? 1 : 0;
}
