import fc from 'fast-check';
import { test } from 'vitest';
import { MemoryStore } from '../../src/store/memory-store.ts';
import type { RelayStore, StoreLimits } from '../../src/store/relay-store.ts';
import { createSqlite } from './folders.ts';
import { bytesOf, collect, HOUR, hex, inBlocks, NOW, named, prekeyOf, sha256, WEEK } from './samples.ts';

/** So tight that every limit is met. */
const LIMITS: StoreLimits = {
  envelopesPerMailbox: 4,
  bytesPerMailbox: 3000,
  mailboxes: 2,
  envelopeBytes: 5000,
  cards: 2,
  prekeysPerCard: 5,
  pieceBytes: 2500,
};
const RUNS = 60;

type Step = (store: RelayStore, now: number) => Promise<unknown>;
interface Op {
  readonly name: string;
  readonly step: Step | 'restart' | { readonly later: number };
}

const label = fc.constantFrom('a', 'b', 'c');
const life = fc.constantFrom(1, HOUR, 2 * HOUR, WEEK);
const size = fc.constantFrom(0, 10, 900, 2100);
const body = fc.record({ of: fc.constantFrom('1', '2', '3', '4', '5', '6'), size });

function op(name: string, step: Op['step']): Op {
  return { name, step };
}

function bodyOf({ of, size: bytes }: { of: string; size: number }): Uint8Array {
  return bytesOf(`${of} ${bytes}`, bytes);
}

async function exported(store: RelayStore, box: string, page: number, now: number): Promise<string[]> {
  const all: string[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const { items, next } = await store.exportMailbox(named(box), after, page, now);
    all.push(...items.map(({ hash, expiresAt }) => `${hex(hash)} ${expiresAt}`));
    after = next;
  }
  return all;
}

/** To its end: adapters may remove in different orders. */
async function purgeAll(store: RelayStore, maxItems: number, now: number): Promise<number> {
  for (let total = 0; ; ) {
    const { removed, more } = await store.purge({ now, maxItems });
    total += removed;
    if (!more) {
      return total;
    }
  }
}

const ops: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(label, life)
      .map(([box, ttl]) => op(`open ${box} ${ttl}`, (store, now) => store.openMailbox(named(box), now + ttl, now))),
  },
  {
    weight: 8,
    arbitrary: fc.array(fc.tuple(label, body, life), { maxLength: 5 }).map((items) =>
      op(`append ${JSON.stringify(items)}`, (store, now) =>
        store.append(
          items.map(([box, of, ttl]) => ({
            mailbox: named(box),
            hash: sha256(bodyOf(of)),
            envelope: bodyOf(of),
            expiresAt: now + ttl,
          })),
          now,
        ),
      ),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(label, fc.array(body, { maxLength: 4 })).map(([box, of]) =>
      op(`ack ${box} ${JSON.stringify(of)}`, (store) =>
        store.ack(
          named(box),
          of.map((each) => sha256(bodyOf(each))),
        ),
      ),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(label, fc.nat(5), fc.array(body, { maxLength: 2 }))
      .map(([box, limit, without]) =>
        op(`read ${box} ${limit}`, (store, now) =>
          store.read(named(box), { limit, exclude: new Set(without.map((each) => hex(sha256(bodyOf(each))))), now }),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(label, fc.integer({ min: 1, max: 3 }))
      .map(([box, page]) => op(`export ${box} ${page}`, (store, now) => exported(store, box, page, now))),
  },
  { weight: 1, arbitrary: label.map((box) => op(`remove ${box}`, (store) => store.removeMailbox(named(box)))) },
  {
    weight: 1,
    arbitrary: label.map((box) => op(`expiry ${box}`, (store, now) => store.mailboxExpiry(named(box), now))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(label, fc.constantFrom('x', 'y'), fc.nat(4), life, fc.option(fc.nat(2), { nil: undefined }))
      .map(([invite, owner, prekeys, ttl, idleWeeks]) =>
        op(`putCard ${invite} ${owner} ${prekeys}`, (store, now) =>
          store.putCard(
            {
              inviteId: named(invite),
              owner: named(owner),
              card: bytesOf(`${invite}${ttl}`, 100),
              prekeys: Array.from({ length: prekeys }, (_, i) => prekeyOf(`${i}`)),
              expiresAt: now + ttl,
              idleWeeks,
            },
            now,
          ),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(label, fc.constantFrom('x', 'y'), fc.nat(3)).map(([invite, owner, count]) =>
      op(`addPrekeys ${invite} ${owner} ${count}`, (store, now) =>
        store.addPrekeys(
          named(invite),
          named(owner),
          Array.from({ length: count }, (_, i) => prekeyOf(`more ${i}`)),
          now,
        ),
      ),
    ),
  },
  {
    weight: 3,
    arbitrary: label.map((invite) => op(`take ${invite}`, (store, now) => store.takePrekey(named(invite), now))),
  },
  {
    weight: 1,
    arbitrary: label.map((invite) => op(`getCard ${invite}`, (store, now) => store.getCard(named(invite), now))),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(label, fc.constantFrom('x', 'y'))
      .map(([invite, owner]) =>
        op(`removeCard ${invite} ${owner}`, (store) => store.removeCard(named(invite), named(owner))),
      ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(label, fc.constantFrom('x', 'y'), size, life)
      .map(([piece, token, bytes, ttl]) =>
        op(`putPiece ${piece} ${token} ${bytes}`, (store, now) =>
          store.putPiece(
            { piece: named(piece), deleteHash: named(token), size: bytes, expiresAt: now + ttl },
            inBlocks(bytesOf(piece, bytes), 500),
            now,
          ),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: label.map((piece) =>
      op(`getPiece ${piece}`, async (store, now) => {
        const found = await store.getPiece(named(piece), now);
        return found && [found.size, found.expiresAt, hex(await collect(found.read(0, found.size)))];
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(label, fc.constantFrom('x', 'y'))
      .map(([piece, token]) =>
        op(`removePiece ${piece} ${token}`, (store) => store.removePiece(named(piece), named(token))),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 1, max: 7 })
      .map((maxItems) => op(`purge ${maxItems}`, (store, now) => purgeAll(store, maxItems, now))),
  },
  { weight: 2, arbitrary: fc.constant(op('totals', (store) => store.totals())) },
  { weight: 1, arbitrary: fc.constant(op('checkpoint', (store) => store.checkpoint())) },
  { weight: 2, arbitrary: fc.constantFrom(1, HOUR / 2, HOUR, WEEK).map((later) => op(`${later} s later`, { later })) },
  { weight: 1, arbitrary: fc.constant(op('restart', 'restart')) },
);

test(`the durable store does what the one in memory does, over restarts (${RUNS} histories)`, {
  timeout: 300_000,
}, async ({ expect }) => {
  const history = fc.array(ops, { minLength: 10, maxLength: 120, size: 'max' });
  const property = fc.asyncProperty(history, async (steps) => {
    const model = new MemoryStore(LIMITS);
    const durable = await createSqlite(LIMITS);
    let { store } = durable;
    let now = NOW;
    for (const { name, step } of steps) {
      if (step === 'restart') {
        store = await durable.reopen();
      } else if (typeof step === 'object') {
        now += step.later;
      } else {
        expect([name, await step(store, now)]).toEqual([name, await step(model, now)]);
      }
    }
    expect(await store.totals()).toEqual(await model.totals());
    await store.close();
  });
  await fc.assert(property, { numRuns: RUNS });
});
