/** A real relay in this process, for one test. */

import { type Limits, type Relay, type RelayOptions, startRelay } from '@secret-chat/relay';
import { onTestFinished } from 'vitest';

/** Tests do in seconds what people do in days. */
export const FAST_LIMITS: Partial<Limits> = {
  framesPerSecond: 1_000_000,
  putsPerSecond: 1_000_000,
  mailboxesPerHour: 1_000_000,
  cardsPerHour: 1_000_000,
  prekeysPerMinute: 1_000_000,
  wrongTokensPerMinute: 1_000_000,
  connectionsPerNetwork: 10_000,
};

/** In memory unless a folder or a store is given; ends with the test. */
export async function testRelay(options: RelayOptions = {}): Promise<Relay> {
  const relay = await startRelay({ ...options, limits: { ...FAST_LIMITS, ...options.limits } });
  onTestFinished(() => relay.close());
  return relay;
}
