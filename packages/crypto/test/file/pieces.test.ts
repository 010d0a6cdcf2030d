import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  LARGE_PIECE_SIZE,
  MAX_FILE_SIZE,
  newFileKey,
  type Piece,
  PiecePlan,
  paddedCiphertextSize,
  SMALL_PIECE_SIZE,
} from '../../src/file/index.ts';
import { Secret } from '../../src/index.ts';
import { expectCode } from '../support/errors.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom('pieces');
const fileKey = newFileKey(random);

function all(plan: PiecePlan): Piece[] {
  return Array.from({ length: plan.count }, (_, index) => plan.piece(index));
}

test('pieces follow one another and fill the ciphertext, large ones first', () => {
  for (const size of [0, 65_416, 65_417, 1_000_000, 1_100_000, 5_000_000, 67_043_327]) {
    const plan = new PiecePlan(fileKey, size);
    const pieces = all(plan);
    expect(plan.size).toBe(paddedCiphertextSize(size));
    let offset = 0;
    for (const piece of pieces) {
      expect(piece.offset).toBe(offset);
      offset += piece.length;
    }
    expect(offset).toBe(plan.size);
    const small = pieces.filter((piece) => piece.length === SMALL_PIECE_SIZE);
    expect(small.length).toBe((plan.size / 65_536) % 16);
    expect(pieces.slice(0, pieces.length - small.length).every((piece) => piece.length === LARGE_PIECE_SIZE)).toBe(
      true,
    );
  }
});

test('the largest file has 67584 pieces', () => {
  const plan = new PiecePlan(fileKey, MAX_FILE_SIZE);
  expect(plan.count).toBe(67_584);
  expect(plan.piece(67_583).offset + plan.piece(67_583).length).toBe(plan.size);
});

test('ids and tokens come from the file key and the index, each kind from a key of its own', () => {
  const key = (label: string) =>
    Buffer.from(hkdfSync('sha512', fileKey.expose(), '', `secret-chat/v1/file/${label}`, 32));
  const names = new Set<string>();
  for (const piece of all(new PiecePlan(fileKey, 5_000_000))) {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(piece.index);
    const [id, token] = ['piece-id', 'delete-token'].map((label) =>
      createHmac('sha256', key(label)).update(index).digest(),
    );
    expect(Buffer.compare(piece.id, id as Buffer)).toBe(0);
    expect(Buffer.compare(piece.deleteToken, token as Buffer)).toBe(0);
    names.add(Buffer.from(piece.id).toString('hex')).add(Buffer.from(piece.deleteToken).toString('hex'));
  }
  expect(names.size).toBe(2 * new PiecePlan(fileKey, 5_000_000).count);
});

test('the pieces that cover a range are exactly those that touch it', () => {
  const plan = new PiecePlan(fileKey, 2_500_000);
  const pieces = all(plan);
  fc.assert(
    fc.property(fc.nat(plan.size), fc.nat(plan.size), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const touching = pieces.filter((piece) => piece.offset < to && piece.offset + piece.length > from);
      expect(plan.covering(from, to - from)).toEqual(from === to ? [] : touching);
    }),
  );
  expect(plan.covering(plan.size, 0)).toEqual([]);
  expectCode('INVALID_ARGUMENT', () => plan.covering(0, plan.size + 1));
});

test('wrong indexes, sizes and keys are refused', () => {
  const plan = new PiecePlan(fileKey, 0);
  for (const index of [-1, 1, 0.5, Number.NaN]) {
    expectCode('INVALID_ARGUMENT', () => plan.piece(index));
  }
  expectCode('INVALID_ARGUMENT', () => new PiecePlan(fileKey, MAX_FILE_SIZE + 1));
  expectCode('INVALID_ARGUMENT', () => new PiecePlan(new Secret(random(31)), 0));
});

test('a plan outlives the file key, and forgets its own keys when wiped', () => {
  const key = newFileKey(random);
  const plan = new PiecePlan(key, 0);
  key.wipe();
  expect(plan.piece(0).id.length).toBe(32);
  plan.wipe();
  expectCode('SECRET_WIPED', () => plan.piece(0));
});
