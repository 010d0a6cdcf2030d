import { expect, test, vi } from 'vitest';
import {
  decryptMessage,
  deserializeState,
  MAX_OLD_TURNS,
  MAX_SEEN,
  MAX_SKIPPED,
  MAX_SKIPPED_PER_CHAIN,
  MAX_STATE_SIZE,
  type RatchetState,
  serializeState,
} from '../../src/index.ts';
import { NOW } from '../support/chat.ts';
import { exchange, talkingChat } from './device.ts';

/** A sender that does not keep the limit of a turn: what comes of it must be bounded on the other side too. */
vi.mock('../../src/ratchet/limits.ts', async (original) => ({
  ...(await original<typeof import('../../src/ratchet/limits.ts')>()),
  MAX_TURN_LENGTH: Number.POSITIVE_INFINITY,
}));

/** Reads without the checks that {@link Device} makes: a full state is long. */
function readAll(state: RatchetState, envelopes: readonly Uint8Array[]): RatchetState {
  return envelopes.reduce((before, envelope) => {
    const result = decryptMessage(before, envelope, NOW);
    expect(result.outcome).toBe('new');
    return result.outcome === 'new' ? result.state : before;
  }, state);
}

test('the fullest state there can be stays below its stated size, and comes back', () => {
  const { alice, bob } = talkingChat('fullest');
  for (let turn = 0; turn < MAX_SKIPPED / MAX_SKIPPED_PER_CHAIN; turn++) {
    bob.receive(alice.sendMany(MAX_SKIPPED_PER_CHAIN + 1).at(-1) as Uint8Array);
    alice.receive(bob.send('answer'));
  }
  exchange(alice, bob, MAX_OLD_TURNS - 2);
  const envelopes = alice.sendMany(MAX_SEEN + 1);
  bob.receive(envelopes[0] as Uint8Array);
  bob.send('an open turn');
  // The open turn stays: nothing new begins it again while Alice's turn goes on.
  const full = readAll(bob.state, envelopes.slice(1));

  const turns = [full.receiving, ...full.oldTurns].map((turn) => turn ?? { skipped: new Map(), seen: [] });
  expect(full.sending && full.ownKey && full.receiving).toBeDefined();
  expect(full.oldTurns).toHaveLength(MAX_OLD_TURNS);
  expect(turns.reduce((sum, { skipped }) => sum + skipped.size, 0)).toBe(MAX_SKIPPED);
  expect(turns.reduce((sum, { seen }) => sum + seen.length / 12, 0)).toBe(MAX_SEEN);

  const bytes = serializeState(full);
  process.stdout.write(`the fullest ratchet state has ${bytes.length} bytes of ${MAX_STATE_SIZE}\n`);
  // Fixed part, open turn, own key, newest turn, number of old turns, old turns, owed keys, remembered envelopes.
  expect(bytes.length).toBe(138 + 2408 + 32 + 2412 + 1 + 5 * 76 + 2000 * 40 + 1000 * 12);
  expect(bytes.length).toBeLessThanOrEqual(MAX_STATE_SIZE);
  expect(Buffer.compare(serializeState(deserializeState(bytes)), bytes)).toBe(0);
});
