import { describe, expect, test } from 'vitest';
import { ReadTurns } from '../../src/server/read-turns.ts';

describe('turns to read', () => {
  test('are few at once, fewer for each, and go round', async () => {
    const turns = new ReadTurns();
    const ends: (() => void)[] = [];
    const begun: string[] = [];
    const names = Array.from({ length: 10 }, (_, i) => ({ name: String.fromCharCode(97 + i) }));
    const all = names.flatMap((who) =>
      Array.from({ length: 20 }, () =>
        turns.run(who, () => {
          begun.push(who.name);
          return new Promise<void>((resolve) => ends.push(resolve));
        }),
      ),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual([...'abcdefgh'].flatMap((name) => Array(8).fill(name)));
    for (let i = 0; i < all.length; i++) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
      if (i === 1) {
        // Who had none goes first.
        expect(begun.slice(64)).toEqual(['i', 'j']);
      }
    }
    await Promise.all(all);
    expect(begun).toHaveLength(200);
    expect(turns.size).toBe(0);
  });

  test('are given back after a failure', async () => {
    const turns = new ReadTurns();
    const who = {};
    for (let i = 0; i < 100; i++) {
      await expect(turns.run(who, () => Promise.reject(new Error('read')))).rejects.toThrow('read');
    }
    expect(await turns.run(who, async () => 1)).toBe(1);
    expect(turns.size).toBe(0);
  });
});
