/**
 * Overwrites what SQLite leaves behind in its pages.
 *
 * With `secure_delete` SQLite overwrites cells that are deleted and pages that are freed. But when it balances its
 * trees it copies cells to other pages and leaves the old copy in the unallocated gap of a page that it builds anew:
 * deleting the cell later does not reach that copy. Measured: docs/decisions/0005-relay-storage.md. So the gap of each
 * page that was written is filled with zeros here, after a checkpoint and before the log, which names the pages, is
 * emptied or begun anew. Bytes in the gap mean nothing to SQLite: a crash at any moment does no harm, and since the log
 * is still there the next start does it again.
 *
 * Format: sqlite.org/fileformat2.html §1.6 (B-tree pages) and §4.1 (write-ahead log).
 *
 * @module
 */

import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { codeOf } from './data-folder.ts';

const LOG_HEADER = 32;
const FRAME_HEADER = 24;
/** Both headers have the salts of the log at these offsets; frames with others are left from an earlier round of it. */
const LOG_SALTS = 16;
const FRAME_SALTS = 8;
const SALTS = 8;
/** The first page begins with the header of the file. */
const FILE_HEADER = 100;
/** First byte of a B-tree page, and the length of its header. */
const HEADER_SIZES: ReadonlyMap<number, number> = new Map([
  [0x02, 12],
  [0x05, 12],
  [0x0a, 8],
  [0x0d, 8],
]);
/** Other pages begin with a page number: below this its first byte is none of those above. */
const MAX_PAGES = 0x0200_0000;

export class PageScrubber {
  readonly #logPath: string;
  readonly #pageSize: number;
  /** Stays open as long as the database: closing any descriptor of the file would give up SQLite's lock (POSIX). */
  readonly #database: number;
  /** Opened when there is one. */
  #log: number | undefined;
  #salts = Buffer.alloc(SALTS);
  #frames = 0;
  /** Written since the last scrub. */
  readonly #pages = new Set<number>();

  /** Open the database first, and close it before this. */
  constructor(database: string, pageSize: number) {
    this.#logPath = `${database}-wal`;
    this.#pageSize = pageSize;
    this.#database = openSync(database, 'r+');
  }

  /** Notes which pages were written to the log since the last call, and gives the bytes in use in it. */
  follow(): number {
    const log = this.#openLog();
    const header = Buffer.alloc(LOG_HEADER);
    if (log === undefined || readSync(log, header, 0, LOG_HEADER, 0) < LOG_HEADER) {
      return 0;
    }
    if (header.compare(this.#salts, 0, SALTS, LOG_SALTS, LOG_SALTS + SALTS) !== 0) {
      header.copy(this.#salts, 0, LOG_SALTS, LOG_SALTS + SALTS);
      this.#frames = 0;
    }
    for (;;) {
      const at = LOG_HEADER + this.#frames * (FRAME_HEADER + this.#pageSize);
      const read = readSync(log, header, 0, FRAME_HEADER, at);
      if (read < FRAME_HEADER || header.compare(this.#salts, 0, SALTS, FRAME_SALTS, FRAME_SALTS + SALTS) !== 0) {
        return at;
      }
      this.#pages.add(header.readUInt32BE());
      this.#frames += 1;
    }
  }

  /** The end of the log may be written anew: the next {@link follow} looks at all of it. */
  rewind(): void {
    this.#frames = 0;
  }

  /** Makes the gaps of the pages noted zeros, durably. The log must have been moved to the database. */
  scrub(): void {
    const page = Buffer.alloc(this.#pageSize);
    const zeros = Buffer.alloc(this.#pageSize);
    const held = fstatSync(this.#database).size / this.#pageSize;
    let changed = false;
    for (const number of this.#pages) {
      if (number < 1 || number > Math.min(held, MAX_PAGES)) {
        continue;
      }
      const start = (number - 1) * this.#pageSize;
      readSync(this.#database, page, 0, page.length, start);
      const [from, to] = gapOf(page, number === 1 ? FILE_HEADER : 0);
      if (page.compare(zeros, from, to, from, to) !== 0) {
        writeSync(this.#database, zeros, from, to - from, start + from);
        changed = true;
      }
    }
    if (changed) {
      fdatasyncSync(this.#database);
    }
    this.#pages.clear();
  }

  close(): void {
    closeSync(this.#database);
    if (this.#log !== undefined) {
      closeSync(this.#log);
    }
  }

  #openLog(): number | undefined {
    try {
      this.#log ??= openSync(this.#logPath, 'r');
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') {
        throw error;
      }
    }
    return this.#log;
  }
}

/** Between the pointers to cells and the first cell; empty for what is not a B-tree page. */
function gapOf(page: Buffer, at: number): [from: number, to: number] {
  const headerSize = HEADER_SIZES.get(page.readUInt8(at));
  if (headerSize === undefined) {
    return [0, 0];
  }
  const cells = page.readUInt16BE(at + 3);
  const from = at + headerSize + 2 * cells;
  // 0 stands for 65,536.
  const to = page.readUInt16BE(at + 5) || 65_536;
  return from <= to && to <= page.length ? [from, to] : [0, 0];
}
