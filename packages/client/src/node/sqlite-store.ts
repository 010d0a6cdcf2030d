/**
 * The durable store of a device on Node: one SQLite database in a folder.
 *
 * SQLite works in the calling thread: a commit takes less than a millisecond and a sync of the disk. Batches that are
 * called before the event loop comes around share one.
 *
 * @module
 */

import { setImmediate } from 'node:timers';
import type { Clock } from '../effects.ts';
import { isClientError } from '../errors.ts';
import { systemEffects } from '../platform.ts';
import { type Change, changesOf, closedError, requireName, requireRange } from '../store/arguments.ts';
import type { Batch, RangeQuery, Store, StoredRecord } from '../store/store.ts';
import { CheckpointTimer, LONG_LOG } from './store/checkpoint-timer.ts';
import { RecordDatabase } from './store/record-database.ts';
import { closeToOthers, findStoreFile, removeStoreFile } from './store/store-file.ts';

/** Records that are removed in one go while the store is erased: others get a turn in between. */
const ERASE_STEP = 200;

export interface SqliteStoreOptions {
  /** For the moment at which what was deleted is overwritten; the system's if left out. */
  readonly clock?: Clock;
}

/**
 * Opens the store in a folder, or makes it there: `store.sqlite`, for its owner alone. The folder may hold other things.
 *
 * A process that ends without `close` loses nothing that was resolved, but may leave deleted records in the log until
 * the store is opened again.
 *
 * @throws `ClientError` `STORE_IN_USE` while it is open, in this process or another; `STORE_TOO_NEW` and `STORE_DAMAGED`,
 * with the files left as they are; `STORE_FAILED` when the disk refuses
 */
export async function openSqliteStore(folder: string, options: SqliteStoreOptions = {}): Promise<Store> {
  const file = await findStoreFile(folder);
  const store = new SqliteStore(file, options.clock ?? systemEffects.clock);
  try {
    await closeToOthers(file);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class SqliteStore implements Store {
  readonly #file: string;
  readonly #database: RecordDatabase;
  readonly #timer: CheckpointTimer;
  #waiting: Waiting[] = [];
  #closing: Promise<void> | undefined;

  constructor(file: string, clock: Clock) {
    const database = new RecordDatabase(file);
    this.#file = file;
    this.#database = database;
    this.#timer = new CheckpointTimer(clock, () => database.emptyLog());
    try {
      // What a crash left in it.
      database.emptyLog();
    } catch {
      // On a full disk records can still be read.
      this.#timer.written(0);
    }
  }

  async get(name: Uint8Array): Promise<Uint8Array | undefined> {
    this.#requireOpen();
    requireName(name);
    return this.#database.get(name);
  }

  async range(query: RangeQuery): Promise<StoredRecord[]> {
    this.#requireOpen();
    requireRange(query);
    return this.#database.range(query);
  }

  async batch(batch: Batch): Promise<void> {
    this.#requireOpen();
    const changes = changesOf(batch);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (this.#waiting.length === 1) {
        setImmediate(() => this.#write());
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async erase(): Promise<void> {
    this.#requireOpen();
    this.#closing = this.#erase();
    await this.#closing;
  }

  /** Every page is overwritten (`secure_delete`, and what the scrubber does) before the file goes. */
  async #erase(): Promise<void> {
    this.#write();
    this.#timer.stop();
    while (this.#database.removeLast(ERASE_STEP) > 0) {
      if (this.#database.logSize > LONG_LOG) {
        this.#database.emptyLog();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#database.close();
    await removeStoreFile(this.#file);
  }

  async #finish(): Promise<void> {
    this.#write();
    this.#timer.stop();
    this.#database.close();
  }

  /** Everything that waits, in one transaction. */
  #write(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) {
      return;
    }
    try {
      this.#commit(group.flatMap(({ changes }) => changes));
      for (const { resolve } of group) {
        resolve();
      }
    } catch (error) {
      for (const { reject } of group) {
        reject(error);
      }
    }
    this.#timer.written(this.#database.logSize);
  }

  #commit(changes: readonly Change[]): void {
    try {
      this.#database.write(changes);
    } catch (error) {
      if (!isClientError(error, 'STORE_FAILED')) {
        throw error;
      }
      // An emptied log makes room on a full disk; and what is left in it of this try must not come back after a crash.
      this.#database.emptyLog();
      this.#database.write(changes);
    }
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) {
      throw closedError();
    }
  }
}
