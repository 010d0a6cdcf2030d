import fc from 'fast-check';
import { expect } from 'vitest';
import { MAX_OLD_TURNS } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { type Device, openChat } from './device.ts';

/** One envelope on its way. */
interface Underway {
  readonly envelope: Uint8Array;
  readonly text: string;
  /** Number of its turn among all of its sender, from 1. */
  readonly turn: number;
  read: boolean;
}

/** What is expected of one side. */
interface SideModel {
  readonly device: Device;
  readonly underway: Underway[];
  /** The turn it is sending, or sent last; 0 if none. */
  turn: number;
  /** The other side's newest turn that it knows; 0 if none. */
  knownTurn: number;
  /** Whether its next envelope begins a turn. */
  mayBegin: boolean;
  sent: number;
}

/** Both sides and what lies between them; index 0 is Alice, who asked, 1 is Bob. */
export type Chat = readonly [alice: SideModel, bob: SideModel];

export function freshChat(seed: string): Chat {
  const { alice, bob } = openChat(seed);
  const side = (device: Device, mayBegin: boolean): SideModel => ({
    device,
    underway: [],
    turn: 0,
    knownTurn: 0,
    mayBegin,
    sent: 0,
  });
  return [side(alice, false), side(bob, true)];
}

export function send(chat: Chat, from: 0 | 1, sizeClass: 'standard' | 'large' = 'standard'): void {
  const side = chat[from];
  if (side.turn === 0 && !side.mayBegin) {
    expectCode('TURN_NOT_OPEN', () => side.device.send('too early', sizeClass));
    return;
  }
  if (side.mayBegin) {
    side.turn += 1;
    side.mayBegin = false;
  }
  const text = `${from}/${side.sent++}`;
  side.underway.push({ envelope: side.device.send(text, sizeClass), text, turn: side.turn, read: false });
}

/** The other side reads the envelope at `index`, which stays underway: it may come again. */
export function deliver(chat: Chat, from: 0 | 1, index: number): void {
  const reader = chat[from === 0 ? 1 : 0];
  const each = chat[from].underway[index];
  if (each === undefined) {
    return;
  }
  const givenUp = reader.knownTurn - each.turn > MAX_OLD_TURNS;
  const expected = givenUp ? 'unreadable' : each.read ? 'duplicate' : each.text;
  expect(reader.device.receive(each.envelope)).toBe(expected);
  each.read ||= !givenUp;
  if (each.turn > reader.knownTurn) {
    reader.knownTurn = each.turn;
    reader.mayBegin = true;
  }
}

/** One thing that happens to a chat. */
export type ScheduleStep =
  | { readonly do: 'send'; readonly from: 0 | 1; readonly count: number; readonly sizeClass: 'standard' | 'large' }
  /** `age` 0 is the newest. */
  | { readonly do: 'deliver'; readonly from: 0 | 1; readonly age: number }
  | { readonly do: 'lose'; readonly from: 0 | 1; readonly age: number }
  | { readonly do: 'restart'; readonly who: 0 | 1 }
  /** A turn of each, without loss. */
  | { readonly do: 'exchange'; readonly from: 0 | 1 };

const from = fc.constantFrom(0 as const, 1 as const);
const sizeClass = fc.constantFrom('standard' as const, 'large' as const);
const age = fc.nat(100);
const named = <Name extends string>(name: Name) => fc.constant(name);

/** Any schedule of sends, deliveries in any order and number, losses and restarts. */
export const schedules: fc.Arbitrary<ScheduleStep[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: named('send'), from, count: fc.integer({ min: 1, max: 4 }), sizeClass }) },
    { weight: 2, arbitrary: fc.record({ do: named('deliver'), from, age: fc.constant(0) }) },
    { weight: 3, arbitrary: fc.record({ do: named('deliver'), from, age }) },
    { weight: 1, arbitrary: fc.record({ do: named('lose'), from, age }) },
    { weight: 1, arbitrary: fc.record({ do: named('restart'), who: from }) },
    { weight: 3, arbitrary: fc.record({ do: named('exchange'), from }) },
  ),
  { minLength: 20, maxLength: 70 },
);

export function run(chat: Chat, step: ScheduleStep): void {
  switch (step.do) {
    case 'send':
      for (let i = 0; i < step.count; i++) {
        send(chat, step.from, step.sizeClass);
      }
      break;
    case 'deliver':
      deliver(chat, step.from, indexOf(chat, step));
      break;
    case 'lose':
      chat[step.from].underway.splice(indexOf(chat, step), 1);
      break;
    case 'restart':
      chat[step.who].device.restart();
      break;
    case 'exchange':
      for (const from of [step.from, step.from === 0 ? 1 : 0] as const) {
        send(chat, from);
        deliver(chat, from, chat[from].underway.length - 1);
      }
  }
}

function indexOf(chat: Chat, { from, age }: { readonly from: 0 | 1; readonly age: number }): number {
  const { length } = chat[from].underway;
  return length === 0 ? 0 : length - 1 - (age % length);
}
