/** SQLite stores in folders that go with the test. */

import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openDatabase, type SqliteRow } from '@secret-chat/sqlite';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/node/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { Opened } from './backend.ts';

/** An empty folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'client-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in `folder`, closed after the test; whether that succeeds is not asked. */
export async function openIn(folder: string, clock: FakeClock = new FakeClock()): Promise<Store> {
  const store = await openSqliteStore(folder, { clock });
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

export interface OpenedInFolder extends Opened {
  readonly folder: string;
  readonly clock: FakeClock;
}

/** A new store, on a clock that stands still. */
export async function createSqlite(): Promise<OpenedInFolder> {
  const folder = path.join(temporaryFolder(), 'data');
  const clock = new FakeClock();
  let store = await openIn(folder, clock);
  const reopen = async () => {
    await store.close();
    store = await openIn(folder, clock);
    return store;
  };
  return { store, reopen, folder, clock };
}

export function databaseIn(folder: string): string {
  return path.join(folder, 'store.sqlite');
}

/** Asks the database of a folder, as `store`, when no store has it open; attached, since that is let go of at once. */
export function ask(folder: string, sql: string): SqliteRow[] {
  const database = openDatabase(':memory:');
  database.exec(`ATTACH '${databaseIn(folder)}' AS store`);
  try {
    return database.prepare(sql).all();
  } finally {
    database.exec('DETACH store');
    database.close();
  }
}

/** What a store that is open has on the disk: as if its process had been killed now. */
export function copyOf(folder: string): string {
  const copy = temporaryFolder();
  for (const name of readdirSync(folder)) {
    copyFileSync(path.join(folder, name), path.join(copy, name));
  }
  return copy;
}

/** Names, modes and content of everything in a folder. */
export function stateOf(folder: string): string[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => {
    const file = path.join(folder, name);
    const content = createHash('sha256').update(readFileSync(file)).digest('hex');
    return `${name} ${statSync(file).mode.toString(8)} ${content}`;
  });
}
