/**
 * What a device is made of.
 *
 * @module
 */

import type { AccountDeletion } from '../account/account-deletion.ts';
import type { Guard } from '../account/guard.ts';
import type { Invites } from '../invite/invites.ts';
import type { Chats } from './chats.ts';
import type { DeviceContext } from './context.ts';
import type { DeviceState } from './device-state.ts';
import type { Errands } from './errands.ts';
import type { KnownLinks } from './known-links.ts';

export interface DeviceParts {
  readonly context: DeviceContext;
  readonly state: DeviceState;
  readonly links: KnownLinks;
  readonly chats: Chats;
  readonly invites: Invites;
  readonly errands: Errands;
  readonly guard: Guard;
  readonly deletion: AccountDeletion;
}
