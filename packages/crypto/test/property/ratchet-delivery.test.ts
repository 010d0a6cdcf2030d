import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Chat, deliver, freshChat, run, schedules, send } from '../ratchet/delivery-model.ts';
import { PROPERTY_SEED } from '../ratchet/property-seed.ts';
import { SealingRecorder } from '../ratchet/sealing-recorder.ts';

let recorder: SealingRecorder;
beforeEach(() => {
  recorder = new SealingRecorder();
});
afterEach(() => recorder.close());

/** Each side in turn says something new, and it arrives. */
function converge(chat: Chat): void {
  for (let round = 0; round < 2; round++) {
    for (const from of [1, 0] as const) {
      send(chat, from);
      deliver(chat, from, chat[from].underway.length - 1);
      expect(chat[from].underway.at(-1)?.read).toBe(true);
    }
  }
}

/** Envelope by envelope what the model expects of it by now, the oldest last. */
function deliverAll(chat: Chat): void {
  for (const from of [0, 1] as const) {
    for (let i = chat[from].underway.length - 1; i >= 0; i--) {
      deliver(chat, from, i);
    }
  }
}

describe(`any schedule (seed ${PROPERTY_SEED})`, () => {
  test('each message is read once, copies are told, both sides go on, and no key meets a nonce twice', () => {
    fc.assert(
      fc.property(fc.string(), schedules, (seed, steps) => {
        recorder.sealings.length = 0;
        const chat = freshChat(seed);
        // Each step compares what happens with what the model expects.
        for (const step of steps) {
          run(chat, step);
        }
        converge(chat);
        deliverAll(chat);
        deliverAll(chat);
        expect(recorder.sealings.length).toBeGreaterThan(0);
        expect(recorder.repeats).toBe(0);
      }),
      { seed: PROPERTY_SEED, numRuns: 80 },
    );
  });
});
