import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Engine } from '../../src/store/sqlite/engine.ts';
import { PageScrubber } from '../../src/store/sqlite/page-scrubber.ts';
import { openRelayDatabase, PAGE_SIZE } from '../../src/store/sqlite/schema.ts';
import { temporaryFolder } from './folders.ts';
import { bytesOf, NOW, named, WEEK, WIDE } from './samples.ts';

vi.mock('node:fs', async (original) => {
  const actual = await original<typeof fs>();
  return { ...actual, readSync: vi.fn(actual.readSync) };
});

const JUNK = Buffer.from('what was deleted');

function emptyFile(): string {
  const file = path.join(temporaryFolder(), 'relay.sqlite');
  fs.writeFileSync(file, '');
  return file;
}

function pagesOf(file: string): Buffer[] {
  const bytes = fs.readFileSync(file);
  return Array.from({ length: bytes.length / PAGE_SIZE }, (_, i) => bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE));
}

/** Right behind the pointers to the cells of a leaf (sqlite.org/fileformat2.html §1.6). */
const gapOf = (leaf: Buffer) => 8 + 2 * leaf.readUInt16BE(3);

describe('the page scrubber', () => {
  test('sees the pages of a transaction that takes the place of one that was rolled back', () => {
    const file = emptyFile();
    const database = openRelayDatabase(file);
    const scrubber = new PageScrubber(file, PAGE_SIZE);
    const card = database.prepare("INSERT INTO card VALUES (?, ?, x'00', 1, 1, x'00')");
    for (let i = 0; i < 20; i += 1) {
      card.run(i, bytesOf(`${i}`, 32));
    }
    const settle = () => {
      scrubber.follow();
      database.exec('PRAGMA wal_checkpoint(FULL)');
    };
    settle();
    scrubber.scrub();
    const before = pagesOf(file);

    // More than fits in memory: it goes to the log before it is committed.
    database.exec('PRAGMA cache_size = 10; BEGIN');
    const envelope = database.prepare("INSERT INTO envelope VALUES (?, 1, 1, 1, 1, x'00', ?)");
    for (let i = 0; i < 200; i += 1) {
      envelope.run(i, bytesOf(`${i}`));
    }
    expect(scrubber.follow()).toBeGreaterThan(100 * PAGE_SIZE);
    database.exec('ROLLBACK');
    scrubber.rewind();
    database.exec('DELETE FROM card WHERE id = 10');
    settle();

    const isLeaf = (page: Buffer) => [0x0a, 0x0d].includes(page[0] as number);
    const changed = pagesOf(file).flatMap((page, i) => (isLeaf(page) && !before[i]?.equals(page) ? [i] : []));
    expect(changed.length).toBeGreaterThan(0);
    const handle = fs.openSync(file, 'r+');
    for (const i of changed) {
      fs.writeSync(handle, JUNK, 0, JUNK.length, i * PAGE_SIZE + gapOf(pagesOf(file)[i] as Buffer));
    }
    scrubber.scrub();
    const left = changed.filter((i) => pagesOf(file)[i]?.includes(JUNK));
    expect(left).toEqual([]);
    database.close();
    scrubber.close();
    fs.closeSync(handle);
  });

  test('that the disk fails does not end the thread of the store', () => {
    const engine = new Engine(emptyFile(), WIDE);
    const open = { name: 'openMailbox', values: [named('alice'), NOW + WEEK, NOW] } as const;
    engine.run([open]);
    vi.mocked(fs.readSync).mockImplementationOnce(() => {
      throw Object.assign(new Error('disk'), { code: 'EIO' });
    });
    expect(() => engine.tidy(0)).not.toThrow();
    expect(engine.run([open])).toEqual([{ value: 'renewed' }]);
    engine.close();
  });
});
