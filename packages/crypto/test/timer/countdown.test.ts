import { describe, expect, it } from 'vitest';
import {
  type Countdown,
  type CountdownEvent,
  type CountdownTerms,
  countdownStartsOn,
  DESTRUCTION_ORDER,
  isHiddenUntilViewed,
  newCountdown,
  stepCountdown,
  type TimerValue,
} from '../../src/timer/index.ts';
import { expectCode } from '../support/errors.ts';

const T = 1_700_000_000_000;

function recipient(kind: 'text' | 'media', timer: TimerValue): Countdown {
  return newCountdown({ kind, role: 'recipient', timer });
}

function sender(kind: 'text' | 'media', timer: TimerValue): Countdown {
  return newCountdown({ kind, role: 'sender', timer });
}

function at(type: 'read' | 'viewed' | 'closed' | 'tick', ms: number): CountdownEvent {
  return { type, nowMs: T + ms };
}

function receipt(which: 'read' | 'viewed', ms: number, ageMs = 0, notBefore = ms): CountdownEvent {
  return { type: 'receipt', which, nowMs: T + ms, ageMs, notBeforeMs: T + notBefore };
}

function restart(ms: number, tampered = false): CountdownEvent {
  return { type: 'restart', nowMs: T + ms, tampered };
}

/** The phase after `events`, or the deadline relative to {@link T} when it runs. */
function after(countdown: Countdown, ...events: CountdownEvent[]): string | number {
  let state = countdown;
  for (const event of events) {
    const step = stepCountdown(state, event);
    state = step.countdown;
    expect(step.destroy).toBe(state.phase === 'gone');
    expect(step.deadlineMs).toBe(state.phase === 'running' ? state.deadlineMs : undefined);
  }
  return state.phase === 'running' ? state.deadlineMs - T : state.phase;
}

describe('what starts a countdown', () => {
  it.each<[CountdownTerms['kind'], TimerValue, 'read' | 'viewed' | undefined]>([
    ['text', 'off', undefined],
    ['media', 'off', undefined],
    ['text', 1, 'read'],
    ['text', 59, 'read'],
    ['text', 60, 'read'],
    ['media', 1, 'viewed'],
    ['media', 59, 'viewed'],
    ['media', 60, 'read'],
    ['media', 604_800, 'read'],
    ['text', 'once', 'viewed'],
    ['media', 'once', 'viewed'],
  ])('%s with timer %s: %s', (kind, timer, what) => {
    for (const role of ['sender', 'recipient'] as const) {
      const countdown = newCountdown({ kind, role, timer });
      expect(countdownStartsOn(countdown)).toBe(what);
      expect(countdown.phase).toBe(what === undefined ? 'kept' : 'waiting');
      expect(isHiddenUntilViewed(countdown)).toBe(role === 'recipient' && what === 'viewed');
    }
  });

  it('is no bad timer', () => {
    expectCode('INVALID_ARGUMENT', () => recipient('text', 0));
  });
});

describe('the recipient', () => {
  it('keeps a message without a timer, whatever happens', () => {
    const all = [
      at('read', 0),
      at('viewed', 1),
      at('closed', 2),
      receipt('viewed', 3),
      restart(4, true),
      at('tick', 1e12),
    ];
    expect(after(recipient('text', 'off'), ...all)).toBe('kept');
    expect(after(sender('media', 'off'), ...all)).toBe('kept');
  });

  it('counts from reading a text, until the deadline exactly', () => {
    expect(after(recipient('text', 5), at('read', 100))).toBe(5100);
    expect(after(recipient('text', 5), at('read', 100), at('tick', 5099.9))).toBe(5100);
    expect(after(recipient('text', 5), at('read', 100), at('tick', 5100))).toBe('gone');
  });

  it('counts from viewing short media; the blurred preview starts nothing', () => {
    const media = recipient('media', 59);
    expect(after(media, at('read', 0), at('closed', 1), at('tick', 1e9))).toBe('waiting');
    expect(after(media, at('read', 0), at('viewed', 70_000))).toBe(129_000);
    expect(isHiddenUntilViewed(stepCountdown(media, at('read', 0)).countdown)).toBe(true);
    expect(isHiddenUntilViewed(stepCountdown(media, at('viewed', 0)).countdown)).toBe(false);
  });

  it('counts from reading longer media', () => {
    expect(after(recipient('media', 60), at('read', 0), at('viewed', 30_000))).toBe(60_000);
  });

  it('takes what was viewed for read', () => {
    expect(after(recipient('text', 5), at('viewed', 100), at('read', 200))).toBe(5100);
  });

  it('does not start anew when read or viewed again, also not after the viewer closed', () => {
    expect(after(recipient('text', 5), at('read', 0), at('read', 4000))).toBe(5000);
    expect(after(recipient('media', 5), at('viewed', 0), at('closed', 1000), at('viewed', 4000))).toBe(5000);
  });

  it('is destroyed by any event at or after the deadline', () => {
    for (const late of [at('read', 5000), at('viewed', 5000), at('closed', 5000), at('tick', 5000), restart(5000)]) {
      expect(after(recipient('text', 5), at('read', 0), late)).toBe('gone');
    }
  });

  it('shows a view-once message until the viewer closes', () => {
    for (const kind of ['text', 'media'] as const) {
      const once = recipient(kind, 'once');
      expect(after(once, at('read', 0), at('closed', 1), restart(2), restart(3, true))).toBe('waiting');
      expect(after(once, at('viewed', 0), at('tick', 1e12), at('read', 1e12), at('viewed', 1e12))).toBe('viewing');
      expect(after(once, at('viewed', 0), at('closed', 1))).toBe('gone');
      expect(isHiddenUntilViewed(stepCountdown(once, at('viewed', 0)).countdown)).toBe(false);
    }
  });

  it('loses a view-once message that was open when the process ended', () => {
    expect(after(recipient('media', 'once'), at('viewed', 0), restart(1))).toBe('gone');
    expect(after(recipient('media', 'once'), at('viewed', 0), restart(1, true))).toBe('gone');
  });

  it('goes on over a restart, and ends if the clock was tampered with', () => {
    expect(after(recipient('text', 5), at('read', 0), restart(4000))).toBe(5000);
    expect(after(recipient('text', 5), at('read', 0), restart(-1e9, true))).toBe('gone');
    expect(after(recipient('text', 5), restart(-1e9, true))).toBe('waiting');
  });

  it('listens to no receipt', () => {
    expect(after(recipient('text', 5), receipt('read', 0))).toBe('waiting');
    expect(after(recipient('media', 'once'), receipt('viewed', 0))).toBe('waiting');
  });
});

describe('the sender', () => {
  it('is not concerned by looking at the own message', () => {
    expect(after(sender('text', 5), at('read', 0), at('viewed', 1), at('closed', 2))).toBe('waiting');
    expect(after(sender('media', 'once'), at('viewed', 0), at('closed', 1))).toBe('waiting');
  });

  it('counts from when the receipt says that it was read', () => {
    expect(after(sender('text', 5), receipt('read', 10_000, 2000))).toBe(13_000);
  });

  it('counts the time that the receipt may have lain on the relay', () => {
    expect(after(sender('text', 60), receipt('read', 40_000, 2000, 5000))).toBe(63_000);
    expect(after(sender('text', 30), receipt('read', 40_000, 2000, 5000))).toBe('gone');
  });

  it('takes a time in the future for now', () => {
    expect(after(sender('text', 5), receipt('read', 1000, 0, 9_000_000))).toBe(6000);
  });

  it('waits for the receipt that starts it', () => {
    const media = sender('media', 30);
    expect(after(media, receipt('read', 0))).toBe('waiting');
    expect(after(media, receipt('read', 0), receipt('viewed', 50_000))).toBe(80_000);
    // A 'read' that comes late says nothing about when it was viewed.
    expect(after(media, receipt('viewed', 50_000), receipt('read', 51_000, 40_000))).toBe(80_000);
    expect(after(sender('text', 5), receipt('viewed', 0))).toBe(5000);
  });

  it('lets an earlier deadline win, and no later one', () => {
    expect(after(sender('text', 60), receipt('read', 10_000), receipt('read', 20_000))).toBe(70_000);
    expect(after(sender('text', 60), receipt('read', 10_000), receipt('read', 20_000, 15_000))).toBe(65_000);
  });

  it("destroys a view-once message with the 'viewed' receipt", () => {
    expect(after(sender('media', 'once'), receipt('read', 0), at('tick', 1e12))).toBe('waiting');
    expect(after(sender('media', 'once'), receipt('viewed', 0))).toBe('gone');
  });

  it('goes on over a restart, and ends if the clock was tampered with', () => {
    expect(after(sender('text', 5), receipt('read', 0), restart(4999))).toBe(5000);
    expect(after(sender('text', 5), receipt('read', 0), restart(5000))).toBe('gone');
    expect(after(sender('text', 5), receipt('read', 0), restart(-1e9, true))).toBe('gone');
  });

  it('survives any age that a receipt may claim', () => {
    expect(after(sender('text', 5), receipt('read', 0, Number.MAX_SAFE_INTEGER))).toBe('gone');
  });
});

describe('a step', () => {
  it('changes nothing in its argument, and gone is for ever', () => {
    const waiting = Object.freeze(recipient('text', 5));
    expect(stepCountdown(waiting, at('read', 0)).countdown).not.toBe(waiting);
    for (const event of [
      at('read', 0),
      at('viewed', 0),
      at('closed', 0),
      at('tick', 0),
      restart(0),
      receipt('read', 0),
    ]) {
      expect(after(recipient('text', 5), at('read', 0), at('tick', 5000), event)).toBe('gone');
    }
  });

  it('rounds a deadline down', () => {
    expect(after(recipient('text', 1), at('read', 0.75))).toBe(1000);
  });

  it('refuses what is no time', () => {
    const running = stepCountdown(sender('text', 5), receipt('read', 0)).countdown;
    for (const bad of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
      expectCode('INVALID_ARGUMENT', () => stepCountdown(running, { type: 'tick', nowMs: bad }));
      expectCode('INVALID_ARGUMENT', () =>
        stepCountdown(running, { type: 'receipt', which: 'read', nowMs: T, ageMs: 0, notBeforeMs: bad }),
      );
    }
    for (const bad of [Number.NaN, -1]) {
      expectCode('INVALID_ARGUMENT', () => stepCountdown(running, receipt('read', 0, bad)));
    }
  });

  it('destroys the key first', () => {
    expect(DESTRUCTION_ORDER).toEqual(['item-key', 'rows', 'previews', 'cached-pieces', 'relay-pieces']);
  });
});
