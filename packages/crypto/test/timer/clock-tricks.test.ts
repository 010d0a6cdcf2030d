/**
 * Countdowns against someone who turns clocks, suspends the machine and restarts the program (docs/protocol/timers.md
 * §3, §10): the life clock and the countdown together, in a world that knows the true time.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advanceLifeClock,
  type ClockMark,
  type ClockReading,
  type Countdown,
  type CountdownEvent,
  deserializeCountdown,
  type LifeClock,
  lifeClockMark,
  newCountdown,
  restoreLifeClock,
  serializeCountdown,
  startLifeClock,
  stepCountdown,
  type TimerValue,
} from '../../src/timer/index.ts';

const START = 1_700_000_000_000;

/** By how many milliseconds the wall clock is turned, or that it stands where it was at the beginning. */
type Turn = number | 'stop';

/** A machine with a true time, a wall clock that can be turned, and a monotonic clock that stops while it sleeps. */
class Machine {
  trueMs = START;
  wallOffsetMs = 0;
  monotonicMs = 0;
  #stopped = false;

  get reading(): ClockReading {
    return { wallMs: this.#stopped ? START : this.trueMs + this.wallOffsetMs, monotonicMs: this.monotonicMs };
  }

  run(ms: number): void {
    this.trueMs += ms;
    this.monotonicMs += ms;
  }

  sleep(ms: number): void {
    this.trueMs += ms;
  }

  turn(by: Turn): void {
    this.#stopped = by === 'stop';
    this.wallOffsetMs += by === 'stop' ? 0 : by;
  }
}

/** A device with one message: stores the mark and the countdown at each observation, as §9 demands. */
class Device {
  readonly machine = new Machine();
  #clock: LifeClock = startLifeClock(this.machine.reading);
  #mark: ClockMark = lifeClockMark(this.#clock);
  #stored: Uint8Array;
  countdown: Countdown;
  deadlines: number[] = [];

  constructor(kind: 'text' | 'media', role: 'sender' | 'recipient', timer: TimerValue) {
    this.countdown = newCountdown({ kind, role, timer });
    this.#stored = serializeCountdown(this.countdown);
  }

  get nowMs(): number {
    this.#clock = advanceLifeClock(this.#clock, this.machine.reading);
    return this.#clock.nowMs;
  }

  observe(type: 'read' | 'viewed' | 'closed' | 'tick'): void {
    this.apply({ type, nowMs: this.nowMs });
  }

  apply(event: CountdownEvent): void {
    const step = stepCountdown(this.countdown, event);
    this.countdown = step.countdown;
    this.#stored = serializeCountdown(step.countdown);
    this.#mark = lifeClockMark(this.#clock);
    if (step.deadlineMs !== undefined) {
      this.deadlines.push(step.deadlineMs);
    }
  }

  /** Ends without a last word, and starts again from what was stored. */
  restart(): boolean {
    this.machine.monotonicMs = 0;
    this.countdown = deserializeCountdown(this.#stored);
    const { clock, tampered } = restoreLifeClock(this.#mark, this.machine.reading);
    this.#clock = clock;
    this.apply({ type: 'restart', nowMs: clock.nowMs, tampered });
    return tampered;
  }
}

const duration = fc.integer({ min: 0, max: 400_000 });

type Happening =
  | { readonly what: 'run' | 'sleep' | 'restart'; readonly ms: number }
  | { readonly what: 'turn'; readonly by: Turn }
  | { readonly what: 'read' | 'viewed' | 'closed' | 'tick' };

function happenings(turns: fc.Arbitrary<Turn>): fc.Arbitrary<Happening[]> {
  return fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ what: fc.constant('run' as const), ms: duration }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('sleep' as const), ms: duration }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('turn' as const), by: turns }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('restart' as const), ms: duration }) },
      {
        weight: 8,
        arbitrary: fc.record({
          what: fc.constantFrom('read' as const, 'viewed' as const, 'closed' as const, 'tick' as const),
        }),
      },
    ),
    { maxLength: 40 },
  );
}

const anyTurn: fc.Arbitrary<Turn> = fc.oneof(
  fc.integer({ min: -10_000_000, max: 10_000_000 }),
  fc.integer({ min: -200_000, max: 200_000 }),
  fc.constant('stop' as const),
);
const forwardTurn = fc.integer({ min: 0, max: 10_000_000 });
const noTurn = fc.constant(0);
const terms = fc.record({
  kind: fc.constantFrom('text' as const, 'media' as const),
  timer: fc.integer({ min: 1, max: 600 }),
});

interface Story {
  readonly device: Device;
  /** True time since it started, as far as the program saw it: without sleep, pauses and a run that was not stored. */
  runSinceStart: number | undefined;
  /** True time since it started. */
  sinceStart: number | undefined;
  /** Whether this is a restart that found the wall clock set back. */
  tampered: boolean;
}

/** Plays the happenings; `check` is called at each observation. */
function play(
  { kind, timer }: { kind: 'text' | 'media'; timer: TimerValue },
  list: readonly Happening[],
  check: (story: Story) => void,
): void {
  const device = new Device(kind, 'recipient', timer);
  const story: Story = { device, runSinceStart: undefined, sinceStart: undefined, tampered: false };
  const starts = kind === 'media' && (timer === 'once' || (timer as number) < 60) ? ['viewed'] : ['read', 'viewed'];
  let run = 0;
  let startedAt: number | undefined;
  const observed = (): void => {
    story.runSinceStart = story.runSinceStart === undefined ? undefined : story.runSinceStart + run;
    story.sinceStart = startedAt === undefined ? undefined : device.machine.trueMs - startedAt;
    run = 0;
    check(story);
  };
  for (const step of list) {
    switch (step.what) {
      case 'run':
        device.machine.run(step.ms);
        run += step.ms;
        break;
      case 'sleep':
        device.machine.sleep(step.ms);
        break;
      case 'turn':
        device.machine.turn(step.by);
        break;
      case 'restart':
        device.machine.sleep(step.ms);
        run = 0;
        story.tampered = device.restart();
        observed();
        story.tampered = false;
        break;
      default: {
        device.observe(step.what);
        observed();
        if (startedAt === undefined && starts.includes(step.what)) {
          startedAt = device.machine.trueMs;
          story.runSinceStart = 0;
          story.sinceStart = 0;
        }
      }
    }
  }
}

function playAll(turns: fc.Arbitrary<Turn>, check: (story: Story, timerMs: number) => void): void {
  fc.assert(
    fc.property(terms, happenings(turns), (message, list) => {
      play(message, list, (story) => check(story, message.timer * 1000));
    }),
    { numRuns: 3000 },
  );
}

describe('a recipient who plays tricks with clocks', () => {
  it('never sees a message for longer than ordered while the program runs', () => {
    playAll(anyTurn, ({ device, runSinceStart }, timerMs) => {
      if (runSinceStart !== undefined && runSinceStart >= timerMs) {
        expect(device.countdown.phase).toBe('gone');
      }
    });
  });

  it('never wins time by turning the wall clock forward, sleeping or restarting', () => {
    playAll(forwardTurn, ({ device, sinceStart }, timerMs) => {
      if (sinceStart !== undefined && sinceStart >= timerMs) {
        expect(device.countdown.phase).toBe('gone');
      }
    });
  });

  it('loses what was started when a restart finds the wall clock set back', () => {
    playAll(anyTurn, ({ device, tampered }) => {
      if (tampered) {
        expect(['waiting', 'gone']).toContain(device.countdown.phase);
      }
    });
    const device = new Device('text', 'recipient', 60);
    device.observe('read');
    device.machine.wallOffsetMs = -120_001;
    expect(device.restart()).toBe(true);
    expect(device.countdown.phase).toBe('gone');
  });

  it('never moves a deadline back', () => {
    playAll(anyTurn, ({ device }) => {
      expect(device.deadlines).toEqual(device.deadlines.toSorted((a, b) => b - a));
    });
  });
});

describe('an honest recipient', () => {
  it('loses nothing before it was read or viewed, whatever the clocks do', () => {
    fc.assert(
      fc.property(terms, happenings(anyTurn), (message, list) => {
        const unread = list.filter((step) => step.what !== 'read' && step.what !== 'viewed');
        play(message, unread, ({ device }) => expect(device.countdown.phase).toBe('waiting'));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the message for as long as ordered', () => {
    playAll(noTurn, ({ device, sinceStart }, timerMs) => {
      if (sinceStart !== undefined && sinceStart < timerMs) {
        expect(device.countdown.phase).toBe('running');
      }
    });
  });

  it('loses a view-once message exactly when the viewer closes or the program ends', () => {
    fc.assert(
      fc.property(fc.constantFrom('text' as const, 'media' as const), happenings(anyTurn), (kind, list) => {
        const device = new Device(kind, 'recipient', 'once');
        let expected = 'waiting';
        for (const step of list) {
          if (step.what === 'restart') {
            device.machine.sleep(step.ms);
            device.restart();
            expected = expected === 'viewing' ? 'gone' : expected;
          } else if (step.what === 'run' || step.what === 'sleep') {
            device.machine[step.what](step.ms);
          } else if (step.what === 'turn') {
            device.machine.turn(step.by);
          } else {
            device.observe(step.what);
            if (step.what === 'viewed' && expected === 'waiting') {
              expected = 'viewing';
            } else if (step.what === 'closed' && expected === 'viewing') {
              expected = 'gone';
            }
          }
          expect(device.countdown.phase).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the sender', () => {
  /** True times, in ms from the start: read, + until sealed, + until arrived; the mailbox was last seen empty before sealing. */
  const journey = fc.record({
    timer: fc.integer({ min: 1, max: 600 }),
    read: duration,
    sealedAfter: duration,
    arrivedAfter: duration,
    emptyBefore: duration,
    clockDifference: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    sleeps: fc.boolean(),
  });

  it('never keeps a copy for longer than the recipient', () => {
    fc.assert(
      fc.property(journey, ({ timer, read, sealedAfter, arrivedAfter, emptyBefore, clockDifference, sleeps }) => {
        const recipient = new Device('text', 'recipient', timer);
        const sender = new Device('text', 'sender', timer);
        sender.machine.wallOffsetMs = clockDifference;
        sender.observe('tick');

        recipient.machine.run(read);
        const readAt = recipient.nowMs;
        recipient.observe('read');
        if (sleeps) {
          recipient.machine.sleep(sealedAfter);
        } else {
          recipient.machine.run(sealedAfter);
        }
        const ageMs = recipient.nowMs - readAt;

        const empty = Math.max(0, read + sealedAfter - emptyBefore);
        sender.machine.run(empty);
        const notBeforeMs = sender.nowMs;
        sender.machine.run(read + sealedAfter - empty + arrivedAfter);
        sender.apply({ type: 'receipt', which: 'read', nowMs: sender.nowMs, ageMs, notBeforeMs });

        const trueDeadline = START + read + timer * 1000;
        if (sender.countdown.phase === 'running') {
          // Brought to one scale: the sender's clock is ahead of the true time by a constant.
          const ahead = sender.nowMs - sender.machine.trueMs;
          expect(sender.countdown.deadlineMs - ahead).toBeLessThanOrEqual(trueDeadline);
          expect(sender.countdown.deadlineMs - ahead).toBeGreaterThanOrEqual(
            trueDeadline - Math.min(emptyBefore, read + sealedAfter) - 1,
          );
        } else {
          expect(sender.countdown.phase).toBe('gone');
          expect(sender.machine.trueMs).toBeGreaterThanOrEqual(
            trueDeadline - Math.min(emptyBefore, read + sealedAfter) - 1,
          );
        }
        sender.machine.run(Math.max(0, trueDeadline - sender.machine.trueMs));
        sender.observe('tick');
        expect(sender.countdown.phase).toBe('gone');
      }),
      { numRuns: 1000 },
    );
  });
});
