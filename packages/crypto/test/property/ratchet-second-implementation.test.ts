import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BODY_SIZE,
  type Decrypted,
  decryptMessage,
  deserializeState,
  encryptMessage,
  type RandomSource,
  type RatchetState,
  serializeState,
} from '../../src/index.ts';
import { type NaiveOutcome, NaiveRatchet } from '../ratchet/naive-ratchet.ts';
import { PROPERTY_SEED } from '../ratchet/property-seed.ts';
import { accept, beginning, initiate } from '../ratchet/session-pair.ts';
import { NOW } from '../support/chat.ts';
import { seededRandom } from '../support/random.ts';

/** What both implementations have in common. */
interface Machine {
  encrypt(sizeClass: 'standard' | 'large', body: Uint8Array, random: RandomSource): Uint8Array;
  decrypt(envelope: Uint8Array): NaiveOutcome | Decrypted;
  copy(): Machine;
}

/** The implementation under test as a mutable machine. */
class Real implements Machine {
  #state: RatchetState;
  constructor(state: RatchetState) {
    this.#state = state;
  }

  encrypt(sizeClass: 'standard' | 'large', body: Uint8Array, random: RandomSource): Uint8Array {
    const { envelope, state } = encryptMessage(this.#state, sizeClass, body, random);
    this.#state = state;
    return envelope;
  }

  decrypt(envelope: Uint8Array): Decrypted {
    const result = decryptMessage(this.#state, envelope, NOW);
    this.#state = result.outcome === 'new' ? result.state : this.#state;
    return result;
  }

  copy(): Real {
    return new Real(deserializeState(serializeState(this.#state)));
  }
}

/** Both implementations in step: each input goes to both, and each output must be the same. */
class Both implements Machine {
  readonly #real: Machine;
  readonly #naive: Machine;
  constructor(real: Machine, naive: Machine) {
    this.#real = real;
    this.#naive = naive;
  }

  encrypt(sizeClass: 'standard' | 'large', body: Uint8Array, random: RandomSource): Uint8Array {
    const drawn: Uint8Array[] = [];
    const recording: RandomSource = (length) => {
      const bytes = random(length);
      drawn.push(bytes.slice());
      return bytes;
    };
    const envelope = this.#real.encrypt(sizeClass, body, recording);
    const replayed = this.#naive.encrypt(sizeClass, body, (length) => {
      const bytes = drawn.shift();
      expect(bytes).toHaveLength(length);
      return bytes as Uint8Array;
    });
    expect(drawn).toEqual([]);
    expect(Buffer.compare(envelope, replayed)).toBe(0);
    return envelope;
  }

  decrypt(envelope: Uint8Array): NaiveOutcome | Decrypted {
    const real = this.#real.decrypt(envelope);
    expect(outcomeOf(real)).toEqual(outcomeOf(this.#naive.decrypt(envelope)));
    return real;
  }

  copy(): Both {
    return new Both(this.#real.copy(), this.#naive.copy());
  }
}

function outcomeOf(result: NaiveOutcome | Decrypted): string {
  return result.outcome === 'new' ? Buffer.from(result.body).toString('base64') : result.outcome;
}

type Kind = 'real' | 'naive' | 'both';

/** Alice and Bob, each in one of the implementations, after a request that either wrote and either read. */
function meet(seed: string, kinds: readonly [alice: Kind, bob: Kind]): [alice: Machine, bob: Machine] {
  const begin = beginning(seed);
  const real = initiate(begin);
  const naive = NaiveRatchet.initiate(begin, begin.ratchetSeed, begin.body);
  expect(Buffer.compare(real.message, naive.message)).toBe(0);
  const accepted = { real: accept(begin, naive.message), naive: NaiveRatchet.accept(begin, real.message) };
  expect(accepted.real.body).toEqual(begin.body);
  expect(accepted.naive.body).toEqual(begin.body);
  const choose = (kind: Kind, state: RatchetState, ratchet: NaiveRatchet): Machine =>
    kind === 'real' ? new Real(state) : kind === 'naive' ? ratchet : new Both(new Real(state), ratchet);
  return [choose(kinds[0], real.state, naive.ratchet), choose(kinds[1], accepted.real.state, accepted.naive.ratchet)];
}

const side = fc.constantFrom(0, 1);
const pick = fc.nat(10_000);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), side, large: fc.boolean() }) },
  // The newest envelope, so that turns go on; or any, so that they come late and twice.
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), side, pick: fc.option(pick) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), side, pick }) },
);
const rollback = fc.record({ do: fc.constant('rollback' as const), side, pick });

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Rollback = typeof rollback extends fc.Arbitrary<infer T> ? T : never;

/** Runs `steps`; each machine holds the others to itself. */
function converse(machines: [Machine, Machine], steps: readonly (Step | Rollback)[]): void {
  const random = seededRandom('conversation');
  const bodies = seededRandom('bodies');
  // Bob's first turn is the one that opens the chat.
  const underway: [Uint8Array[], Uint8Array[]] = [[], [machines[1].encrypt('standard', bodies(1695), random)]];
  const stores: [Machine[], Machine[]] = [[], []];
  machines[0].decrypt(underway[1][0] as Uint8Array);
  for (const each of steps) {
    const mine = underway[each.side] as Uint8Array[];
    const theirs = underway[1 - each.side] as Uint8Array[];
    const kept = stores[each.side] as Machine[];
    const machine = machines[each.side] as Machine;
    if (each.do === 'send') {
      kept.push(machine.copy());
      const sizeClass = each.large ? 'large' : 'standard';
      mine.push(machine.encrypt(sizeClass, bodies(BODY_SIZE[sizeClass]), random));
    } else if (each.do === 'read' && theirs.length > 0) {
      kept.push(machine.copy());
      machine.decrypt(theirs[(each.pick ?? theirs.length - 1) % theirs.length] as Uint8Array);
    } else if (each.do === 'lose' && theirs.length > 0) {
      theirs.splice(each.pick % theirs.length, 1);
    } else if (each.do === 'rollback' && kept.length > 0) {
      machines[each.side] = (kept[each.pick % kept.length] as Machine).copy();
    }
  }
}

describe(`a second implementation agrees (seed ${PROPERTY_SEED})`, () => {
  test('byte for byte in what it writes and reads, with loss, delay and duplicates', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(step, { minLength: 20, maxLength: 60 }), (seed, steps) => {
        converse(meet(seed, ['both', 'both']), steps);
      }),
      { seed: PROPERTY_SEED, numRuns: 40 },
    );
  });

  test('in what it calls a fork, when old stores are restored', () => {
    const steps = fc.array(fc.oneof({ weight: 9, arbitrary: step }, { weight: 1, arbitrary: rollback }), {
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.string(), steps, (seed, chosen) => converse(meet(seed, ['both', 'both']), chosen)),
      { seed: PROPERTY_SEED, numRuns: 40 },
    );
  });

  test.each([
    ['real', 'naive'],
    ['naive', 'real'],
  ] as const)('when %s talks to %s', (...kinds) => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.tuple(side, fc.integer({ min: 1, max: 3 })), { maxLength: 12 }),
        (seed, turns) => {
          const machines = meet(seed, kinds);
          const [random, bodies] = [seededRandom(seed), seededRandom('bodies')];
          for (const [from, count] of [[1, 1] as const, ...turns]) {
            const sent = Array.from({ length: count }, () => bodies(BODY_SIZE.standard));
            const envelopes = sent.map((body) => (machines[from] as Machine).encrypt('standard', body, random));
            const read = envelopes.reverse().map((envelope) => (machines[1 - from] as Machine).decrypt(envelope));
            expect(read.map(outcomeOf)).toEqual(sent.reverse().map((body) => Buffer.from(body).toString('base64')));
          }
        },
      ),
      { seed: PROPERTY_SEED, numRuns: 10 },
    );
  });
});
