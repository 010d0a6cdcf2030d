/**
 * What the parts of a device share.
 *
 * @module
 */

import type { Identity } from '@secret-chat/crypto';
import type { Effects } from '../effects.ts';
import type { Deadlines } from '../life/deadlines.ts';
import type { LifeKeeper } from '../life/life-keeper.ts';
import type { RelayLinks } from '../link/relay-link.ts';
import type { Transfers } from '../media/transfers.ts';
import type { Vault } from '../vault/vault.ts';
import type { Journal } from './journal.ts';

export interface DeviceContext {
  readonly vault: Vault;
  readonly effects: Effects;
  readonly identity: Identity;
  readonly links: RelayLinks;
  readonly journal: Journal;
  readonly transfers: Transfers;
  readonly life: LifeKeeper;
  readonly deadlines: Deadlines;
}

/** Unix time in whole seconds, as the cryptography takes it. */
export function nowSeconds({ effects }: DeviceContext): number {
  return Math.floor(effects.clock.wallMs() / 1000);
}

/** Unix time in whole milliseconds, as it is stored; clocks may be finer. */
export function nowMs({ effects }: DeviceContext): number {
  return Math.max(0, Math.floor(effects.clock.wallMs()));
}
