import {
  type Countdown,
  type CountdownEvent,
  type CountdownTerms,
  newCountdown,
  serializeCountdown,
  stepCountdown,
} from '../../src/index.ts';
import { hex } from './draws.ts';

const at = (nowMs: number) => ({ nowMs });

const STORIES: readonly { name: string; terms: CountdownTerms; events: readonly CountdownEvent[] }[] = [
  {
    name: 'text at the recipient: starts when read, a second reading changes nothing',
    terms: { kind: 'text', role: 'recipient', timer: 30 },
    events: [
      { type: 'tick', ...at(1000) },
      { type: 'read', ...at(2000) },
      { type: 'read', ...at(20_000) },
      { type: 'restart', ...at(25_000), tampered: false },
      { type: 'tick', ...at(31_999) },
      { type: 'tick', ...at(32_000) },
    ],
  },
  {
    name: 'short media at the recipient: reading is not enough, viewing starts it',
    terms: { kind: 'media', role: 'recipient', timer: 59 },
    events: [
      { type: 'read', ...at(1000) },
      { type: 'viewed', ...at(5000) },
      { type: 'tick', ...at(64_000) },
    ],
  },
  {
    name: 'media of a minute at the recipient: reading starts it',
    terms: { kind: 'media', role: 'recipient', timer: 60 },
    events: [{ type: 'read', ...at(1000) }],
  },
  {
    name: 'view once at the recipient: gone when the viewer closes',
    terms: { kind: 'media', role: 'recipient', timer: 'once' },
    events: [
      { type: 'read', ...at(1000) },
      { type: 'viewed', ...at(2000) },
      { type: 'tick', ...at(9000) },
      { type: 'closed', ...at(10_000) },
    ],
  },
  {
    name: 'view once at the recipient: gone when the process starts anew while it is open',
    terms: { kind: 'media', role: 'recipient', timer: 'once' },
    events: [
      { type: 'viewed', ...at(2000) },
      { type: 'restart', ...at(3000), tampered: false },
    ],
  },
  {
    name: 'text at the sender: the time that the receipt may have lain on the relay counts',
    terms: { kind: 'text', role: 'sender', timer: 30 },
    events: [
      { type: 'read', ...at(1000) },
      { type: 'receipt', ...at(50_000), which: 'read', ageMs: 4000, notBeforeMs: 40_000 },
      { type: 'tick', ...at(65_999) },
      { type: 'tick', ...at(66_000) },
    ],
  },
  {
    name: 'a clock that was tampered with while the program was off: run out',
    terms: { kind: 'text', role: 'recipient', timer: 3600 },
    events: [
      { type: 'read', ...at(1000) },
      { type: 'restart', ...at(2000), tampered: true },
    ],
  },
  {
    name: 'no timer: nothing ever happens',
    terms: { kind: 'text', role: 'recipient', timer: 'off' },
    events: [
      { type: 'read', ...at(1000) },
      { type: 'restart', ...at(2000), tampered: true },
    ],
  },
];

/** docs/protocol/timers.md */
export function timerVectors(): unknown {
  return {
    spec: 'docs/protocol/timers.md',
    stories: STORIES.map(({ name, terms, events }) => {
      let countdown: Countdown = newCountdown(terms);
      const steps = events.map((event) => {
        const step = stepCountdown(countdown, event);
        countdown = step.countdown;
        return {
          event,
          destroy: step.destroy,
          deadlineMs: step.deadlineMs ?? null,
          stored: hex(serializeCountdown(countdown)),
        };
      });
      return { name, terms, steps };
    }),
  };
}
