/** What a victim is told, and what it says: one JSON value a line. */

import type { Death } from './dying-store.ts';

export interface VictimSettings {
  readonly folder: string;
  readonly relay: string;
  /** Also what its texts begin with. */
  readonly name: string;
  /** It waits for an invite in its first line of input, instead of making one. */
  readonly joins: boolean;
  /** How many texts each side sends. */
  readonly texts: number;
  /** Of its clock. */
  readonly speed: number;
  /** It is the one that ends the chat, when the time has come. */
  readonly ends: boolean;
  /** The time has come: who has no chat has lost it by that. */
  readonly isEnding: boolean;
  readonly death?: Death | undefined;
}

/** Lines of input. */
export type VictimOrder = { readonly link: string } | { readonly order: 'end' | 'close' };

/** A history's entry, as short as it goes. */
export type ShownEntry = readonly [n: number, from: 'me' | 'them', state: string, text: string];

/** A victim that has sent and received everything, and whose outbox is empty. */
export interface VictimReport {
  readonly history: readonly ShownEntry[];
  readonly unread: number;
}

/** Lines of output. */
export type VictimWord =
  | { readonly link: string }
  /** `sendText` has resolved. */
  | { readonly sent: number }
  | {
      readonly event: string;
      readonly chat?: number;
      readonly n?: number;
      readonly batches: number;
      readonly why?: string;
    }
  | { readonly complete: VictimReport }
  /** The chat is gone. */
  | { readonly over: true; readonly batches: number }
  | { readonly failed: string };
