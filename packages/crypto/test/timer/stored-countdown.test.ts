import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CryptoError } from '../../src/errors.ts';
import {
  COUNTDOWN_SIZE,
  type Countdown,
  deserializeCountdown,
  newCountdown,
  serializeCountdown,
  stepCountdown,
} from '../../src/timer/index.ts';
import { expectCode } from '../support/errors.ts';

const kind = fc.constantFrom('text', 'media');
const role = fc.constantFrom('sender', 'recipient');
const timer = fc.oneof(fc.constantFrom('off', 'once'), fc.integer({ min: 1, max: 0xffff_fffe }));
const nowMs = fc.integer({ min: 0, max: 8.64e15 });

/** Every countdown that events can make. */
const countdown: fc.Arbitrary<Countdown> = fc
  .tuple(
    fc.record({ kind, role, timer }),
    fc.array(
      fc.oneof(
        fc.record({ type: fc.constantFrom('read', 'viewed', 'closed', 'tick'), nowMs }),
        fc.record({ type: fc.constant('restart'), nowMs, tampered: fc.boolean() }),
        fc.record({
          type: fc.constant('receipt'),
          nowMs,
          which: fc.constantFrom('read', 'viewed'),
          ageMs: fc.nat(),
          notBeforeMs: nowMs,
        }),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([terms, events]) =>
    events.reduce((state, event) => stepCountdown(state, event).countdown, newCountdown(terms)),
  );

describe('a stored countdown', () => {
  it('comes back', () => {
    fc.assert(
      fc.property(countdown, (state) => {
        const bytes = serializeCountdown(state);
        expect(bytes.length).toBe(COUNTDOWN_SIZE);
        expect(deserializeCountdown(bytes)).toEqual(state);
      }),
      { numRuns: 500 },
    );
  });

  it('has the layout of §7', () => {
    const running: Countdown = {
      kind: 'media',
      role: 'recipient',
      timer: 60,
      phase: 'running',
      deadlineMs: 0x0102_0304_0506,
    };
    expect([...serializeCountdown(running)]).toEqual([1, 1, 1, 2, 0, 0, 0, 60, 0, 0, 1, 2, 3, 4, 5, 6]);
    const once = newCountdown({ kind: 'text', role: 'sender', timer: 'once' });
    expect([...serializeCountdown(once)]).toEqual([1, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('is read in one form only: what is read is written back the same', () => {
    const small = fc.integer({ min: 0, max: 5 });
    const zeros = fc.constantFrom([0, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0, 9]);
    const deadline = fc.constantFrom(0, 1, 255);
    fc.assert(
      fc.property(small, small, small, zeros, deadline, (kindCode, roleCode, phase, wire, last) => {
        const bytes = Uint8Array.of(1, kindCode, roleCode, phase, ...wire, 0, 0, 0, 0, 0, 0, 0, last);
        try {
          expect(serializeCountdown(deserializeCountdown(bytes))).toEqual(bytes);
        } catch (error) {
          expect((error as CryptoError).code).toBe('MALFORMED');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a kept one with a timer', [1, 0, 0, 0, 0, 0, 0, 5]],
    ['a waiting one without', [1, 0, 0, 1, 0, 0, 0, 0]],
    ['a running one without', [1, 0, 0, 2, 0, 0, 0, 0]],
    ['a running one without a deadline', [1, 0, 0, 2, 0, 0, 0, 5]],
    ['a running view-once', [1, 0, 1, 2, 255, 255, 255, 255]],
    ['a sender who views', [1, 0, 0, 3, 255, 255, 255, 255]],
    ['a viewed one that is not view-once', [1, 0, 1, 3, 0, 0, 0, 5]],
    ['a gone one without a timer', [1, 0, 0, 4, 0, 0, 0, 0]],
    ['an unknown kind', [1, 2, 0, 1, 0, 0, 0, 5]],
    ['an unknown role', [1, 0, 2, 1, 0, 0, 0, 5]],
    ['an unknown phase', [1, 0, 0, 5, 0, 0, 0, 5]],
  ])('is refused: %s', (_, start) => {
    expectCode('MALFORMED', () => deserializeCountdown(Uint8Array.of(...start, 0, 0, 0, 0, 0, 0, 0, 0)));
  });

  it('is refused when cut, followed by more, of another version, or with an impossible deadline', () => {
    const bytes = serializeCountdown({ kind: 'text', role: 'sender', timer: 5, phase: 'running', deadlineMs: 77 });
    for (let length = 0; length < bytes.length; length++) {
      expectCode('MALFORMED', () => deserializeCountdown(bytes.subarray(0, length)));
    }
    expectCode('MALFORMED', () => deserializeCountdown(Uint8Array.of(...bytes, 0)));
    expectCode('MALFORMED', () => deserializeCountdown(bytes.with(8, 0xff)));
    expectCode('UNSUPPORTED_VERSION', () => deserializeCountdown(bytes.with(0, 2)));
    expectCode('UNSUPPORTED_VERSION', () => deserializeCountdown(bytes.with(0, 0)));
  });
});
