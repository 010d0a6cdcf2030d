import { createHash } from 'node:crypto';
import { ready } from '@secret-chat/crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  deserializeMailbox,
  MAILBOX_SIZE,
  mailboxAddress,
  newMailbox,
  serializeMailbox,
} from '../../src/link/mailbox.ts';
import { seededBytes } from '../support/seeded.ts';

beforeAll(() => ready);

describe('a mailbox of one’s own', () => {
  test('has the address that the protocol makes of its two parts (relay §4.1)', () => {
    const { owner, random, address } = newMailbox(seededBytes(1), 26);
    const hash = createHash('sha256').update('secret-chat/v1/relay/address').update(owner.publicKey).update(random);
    expect(address).toEqual(new Uint8Array(hash.digest()));
    expect(mailboxAddress(owner.publicKey, random)).toEqual(address);
  });

  test('is another one each time', () => {
    const source = seededBytes(1);
    const [a, b] = [newMailbox(source, 26), newMailbox(source, 26)];
    expect(a.address).not.toEqual(b.address);
    expect(a.owner.publicKey).not.toEqual(b.owner.publicKey);
    expect(a.random).not.toEqual(b.random);
  });

  test('comes back from its stored bytes, and shares no memory with them', () => {
    const made = newMailbox(seededBytes(2), 7);
    const stored = serializeMailbox(made);
    expect(stored).toHaveLength(MAILBOX_SIZE);
    const copy = stored.slice();
    const read = deserializeMailbox(stored, 7);
    stored.fill(0);
    expect(read.address).toEqual(made.address);
    expect(read.random).toEqual(made.random);
    expect(read.idleWeeks).toBe(7);
    expect(read.owner.privateKey.expose()).toEqual(made.owner.privateKey.expose());
    expect(serializeMailbox(read)).toEqual(copy);
    made.owner.privateKey.wipe();
    expect(read.owner.privateKey.wiped).toBe(false);
  });

  test('wipes the seed that it was made of', () => {
    const drawn: Uint8Array[] = [];
    const source = seededBytes(3);
    const { random } = newMailbox((length) => {
      const bytes = source(length);
      drawn.push(bytes);
      return bytes;
    }, 26);
    expect(drawn).toHaveLength(2);
    expect(drawn[0]).toEqual(new Uint8Array(32));
    expect(drawn[1]).toBe(random);
  });

  test('refuses other sizes and periods', () => {
    expect(() => deserializeMailbox(new Uint8Array(63), 26)).toThrow(/64 bytes/);
    for (const weeks of [0, 105, 1.5, Number.NaN]) {
      expect(() => newMailbox(seededBytes(1), weeks)).toThrow(/weeks/);
      expect(() => deserializeMailbox(new Uint8Array(64), weeks)).toThrow(/weeks/);
    }
  });
});
