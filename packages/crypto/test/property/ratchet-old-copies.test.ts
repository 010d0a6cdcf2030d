import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Device, talkingChat } from '../ratchet/device.ts';
import { PROPERTY_SEED } from '../ratchet/property-seed.ts';
import { SealingRecorder } from '../ratchet/sealing-recorder.ts';

let recorder: SealingRecorder;
beforeEach(() => {
  recorder = new SealingRecorder();
});
afterEach(() => recorder.close());

const side = fc.constantFrom(0, 1);
const pick = fc.nat(10_000);
const named = <Name extends string>(name: Name) => fc.constant(name);

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: named('send'), side, device: pick, envelope: pick }) },
    { weight: 6, arbitrary: fc.record({ do: named('read'), side, device: pick, envelope: fc.option(pick) }) },
    // The same store, run twice; and an older store in the place of a newer one.
    { weight: 1, arbitrary: fc.record({ do: named('copy'), side, device: pick, envelope: pick }) },
    { weight: 1, arbitrary: fc.record({ do: named('restore'), side, device: pick, envelope: pick }) },
  ),
  { minLength: 20, maxLength: 80 },
);

/** One side's running devices, all its stores so far, and what its devices wrote. */
interface Owner {
  readonly devices: Device[];
  readonly stores: Uint8Array[];
  readonly written: { readonly envelope: Uint8Array; readonly text: string }[];
}

const at = <Item>(items: readonly Item[], index: number): Item => items[index % items.length] as Item;

describe(`any number of copies and restored stores (seed ${PROPERTY_SEED})`, () => {
  test('never use a key with a nonce twice, and nobody reads what was not written', () => {
    fc.assert(
      fc.property(fc.string(), steps, (seed, chosen) => {
        recorder.sealings.length = 0;
        const { alice, bob } = talkingChat(seed);
        const owner = (device: Device): Owner => ({ devices: [device], stores: [device.store()], written: [] });
        const owners = [owner(alice), owner(bob)] as const;
        for (const [number, step] of chosen.entries()) {
          const mine = at(owners, step.side);
          const theirs = at(owners, 1 - step.side);
          const device = at(mine.devices, step.device);
          if (step.do === 'send') {
            const text = `message ${number}`;
            mine.written.push({ envelope: device.send(text), text });
          } else if (step.do === 'read' && theirs.written.length > 0) {
            const { envelope, text } = at(theirs.written, step.envelope ?? theirs.written.length - 1);
            expect([text, 'duplicate', 'fork', 'unreadable']).toContain(device.receive(envelope));
            expect(['duplicate', 'fork', 'unreadable']).toContain(device.receive(envelope));
          } else if (step.do === 'copy') {
            mine.devices.push(device.copy());
          } else if (step.do === 'restore') {
            device.restart(at(mine.stores, step.envelope));
          }
          mine.stores.push(device.store());
        }
        expect(recorder.repeats).toBe(0);
      }),
      { seed: PROPERTY_SEED, numRuns: 60 },
    );
  });
});
