/** Whatever two people do with timed messages, and whatever happens to their machines and clocks. */

import process from 'node:process';
import type { TimerValue } from '@secret-chat/crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Happening, Who } from './happening.ts';
import { TimerStory } from './timer-story.ts';

/** Stories that are told; more, and those of other seeds, find more. */
const RUNS = Number(process.env.SECRET_CHAT_TIMER_RUNS ?? 25);
const SEED = Number(process.env.SECRET_CHAT_TIMER_SEED ?? 1);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const who = fc.constantFrom<Who>(0, 1);
const which = fc.nat({ max: 3 });
const timer = fc.constantFrom('off' as const, 'once' as const, 5, 30, 59, 60, 120, 300, 3_600);
const what = fc.constantFrom('text' as const, 'text' as const, 'file' as const, 'photo' as const);
/** Less and more than a clock may be behind at a start. */
const turn = fc.oneof(
  fc.integer({ min: -110_000, max: 110_000 }),
  fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }),
  fc.integer({ min: -3 * HOUR, max: 3 * HOUR }),
);
/** Mostly not turned at all. */
const meanwhile = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: turn });
const wait = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 5_000 }) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: HOUR }) },
);

const send = fc.record({ does: fc.constant('send' as const), who, what, timer });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: send },
  {
    weight: 9,
    arbitrary: fc.record({ does: fc.constantFrom('read' as const, 'view' as const, 'close' as const), who, which }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('change timer' as const), who, timer }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'go offline' as const,
        'go online' as const,
        'kill' as const,
        'quit' as const,
        'start' as const,
      ),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom('sleep' as const, 'wake' as const), who }) },
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constantFrom('nap' as const, 'break' as const, 'crash' as const),
      ...{ who, ms: wait, turn: meanwhile },
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('turn' as const, 'turn and back' as const), who, ms: turn }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('lag' as const), who, ms: fc.integer({ min: 0, max: 25_000 }) }),
  },
  { weight: 8, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: wait }) },
);

/** Something was said before anything happens. */
const story = fc
  .tuple(
    fc.array(send, { minLength: 2, maxLength: 4 }),
    fc.array(happening, { minLength: 6, maxLength: 24, size: 'max' }),
  )
  .map(([sends, happenings]): Happening[] => [...sends, { does: 'wait', ms: 5_000 }, ...happenings]);

const seed = fc.nat({ max: 0xffff });

async function tell(seed: number, happenings: readonly Happening[]): Promise<void> {
  const story = await TimerStory.begin(seed);
  await story.tell(happenings);
  await story.end();
}

const reads: readonly Happening[] = [{ does: 'read', who: 1, which: 0 }];
const off = { does: 'break', who: 1, ms: 0 } as const;
const nap = { does: 'nap', who: 1, ms: 0 } as const;

/** Told each time: one for each thing that a clock or a relay can do to a countdown. */
const KNOWN: readonly (readonly Happening[])[] = [
  // Asleep when the time is over.
  [...readAfter('text', 120), { does: 'nap', who: 1, ms: 150_000, turn: 0 }, { does: 'wait', ms: 70_000 }],
  [...readAfter('text', 120), { does: 'wait', ms: 3_000 }, { does: 'nap', who: 0, ms: 150_000, turn: 0 }],
  // Off when the time is over; off with a clock that is turned back by more, and by less, than a start tolerates.
  [...readAfter('photo', 300), { does: 'crash', who: 1, ms: 400_000, turn: 0 }],
  [...readAfter('text', 3_600), { does: 'break', who: 1, ms: 1_000, turn: -3 * HOUR }],
  [...readAfter('file', 300), { does: 'turn', who: 1, ms: -100_000 }, { does: 'break', who: 1, ms: 90_000, turn: 0 }],
  // A clock that is turned back further than it ever ran, and by as much as the machine slept.
  [...sent('text', 300), { does: 'break', who: 1, ms: 0, turn: -185_201 }, ...reads, { ...off, turn: 0 }],
  [...readAfter('text', 300), { does: 'sleep', who: 1 }, { does: 'wait', ms: 60_103 }, { ...nap, turn: -60_103 }],
  // The receipt lies on the relay for longer than the message may live.
  [
    ...readAfter('text', 300, [{ does: 'go offline', who: 0 }]),
    { does: 'wait', ms: 200_000 },
    { does: 'go online', who: 0 },
    { does: 'wait', ms: 150_000 },
  ],
  [...readAfter('text', 60, [{ does: 'lag', who: 0, ms: 20_000 }]), { does: 'lag', who: 0, ms: 25_000 }],
  // To be seen once: open when the process dies, and closed and opened again.
  [...viewAfter('text', 'once'), { does: 'crash', who: 1, ms: 1_000, turn: 0 }, { does: 'view', who: 1, which: 0 }],
  [...viewAfter('photo', 'once'), { does: 'close', who: 1, which: 0 }, { does: 'view', who: 1, which: 0 }],
  // Short media wait for the viewer, whatever was read.
  [...readAfter('photo', 30), { does: 'wait', ms: 100_000 }, { does: 'view', who: 1, which: 0 }],
  // On its way when the timer of the chat changes.
  [
    { does: 'go offline', who: 1 },
    { does: 'send', who: 0, what: 'text', timer: 60 },
    { does: 'change timer', who: 0, timer: 'off' },
    { does: 'go online', who: 1 },
    { does: 'wait', ms: 5_000 },
    { does: 'read', who: 1, which: 0 },
  ],
];

function readAfter(what: 'text' | 'file' | 'photo', timer: number, before: readonly Happening[] = []): Happening[] {
  return [...sent(what, timer), ...before, { does: 'read', who: 1, which: 0 }];
}

function viewAfter(what: 'text' | 'file' | 'photo', timer: TimerValue): Happening[] {
  return [...sent(what, timer), { does: 'view', who: 1, which: 0 }];
}

function sent(what: 'text' | 'file' | 'photo', timer: TimerValue): Happening[] {
  return [
    { does: 'send', who: 0, what, timer },
    { does: 'wait', ms: 5_000 },
  ];
}

test('nothing is kept or shown for longer than ordered, and nothing is gone before it was seen', {
  timeout: 3_600_000,
}, async () => {
  expect(RUNS).toBeGreaterThan(0);
  await fc.assert(fc.asyncProperty(seed, story, tell), {
    numRuns: RUNS,
    seed: SEED,
    examples: KNOWN.map((known): [number, Happening[]] => [1, [...known]]),
  });
});
