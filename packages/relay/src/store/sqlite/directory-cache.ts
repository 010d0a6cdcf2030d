/**
 * Directories of mailboxes: which envelopes each holds, without their bytes. The least recently used make room.
 *
 * @module
 */

import { randomInt } from 'node:crypto';
import { ExpiryTally } from './expiry-tally.ts';

/** Envelopes in all directories together; about 200 bytes of memory each. */
const MAX_ENTRIES = 200_000;
/** The first envelope of an empty mailbox takes a random number below this: four bytes on the disk. */
const FIRST_SEQS = 2 ** 31 - 1;

export interface Entry {
  /** Row number. */
  readonly id: number;
  readonly seq: number;
  readonly expiresAt: number;
  readonly size: number;
}

export class Directory {
  readonly id: number;
  expiresAt: number;
  readonly tally: ExpiryTally = new ExpiryTally();
  readonly #entries = new Map<string, Entry>();
  #last = 0;

  constructor(id: number, expiresAt: number) {
    this.id = id;
    this.expiresAt = expiresAt;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Starts at random when the mailbox is empty, so that the disk does not tell how many there were before. */
  get nextSeq(): number {
    return this.#entries.size === 0 ? randomInt(1, FIRST_SEQS) : this.#last + 1;
  }

  get(hash: string): Entry | undefined {
    return this.#entries.get(hash);
  }

  /** Oldest first. */
  entries(): IterableIterator<[hash: string, entry: Entry]> {
    return this.#entries.entries();
  }

  /** `entry` comes after all others. */
  add(hash: string, entry: Entry): void {
    this.#entries.set(hash, entry);
    this.#last = entry.seq;
    this.tally.add(entry.expiresAt, 1, entry.size);
  }

  delete(hash: string, entry: Entry): void {
    this.#entries.delete(hash);
    this.tally.add(entry.expiresAt, -1, -entry.size);
  }
}

export class DirectoryCache {
  /** By name of the mailbox, least recently used first. */
  readonly #directories = new Map<string, Directory>();
  readonly #names = new Map<number, string>();
  #entries = 0;

  get(name: string): Directory | undefined {
    const found = this.#directories.get(name);
    if (found !== undefined) {
      this.#directories.delete(name);
      this.#directories.set(name, found);
    }
    return found;
  }

  byId(id: number): Directory | undefined {
    return this.#directories.get(this.#names.get(id) ?? '');
  }

  set(name: string, directory: Directory): void {
    this.#directories.set(name, directory);
    this.#names.set(directory.id, name);
    this.#entries += 1 + directory.size;
    for (const oldest of this.#directories.keys()) {
      if (this.#entries <= MAX_ENTRIES || oldest === name) {
        break;
      }
      this.delete(oldest);
    }
  }

  /** A directory that is in the cache got longer or shorter. */
  resized(by: number): void {
    this.#entries += by;
  }

  delete(name: string): void {
    const found = this.#directories.get(name);
    if (found !== undefined) {
      this.#directories.delete(name);
      this.#names.delete(found.id);
      this.#entries -= 1 + found.size;
    }
  }

  clear(): void {
    this.#directories.clear();
    this.#names.clear();
    this.#entries = 0;
  }
}
