import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import type { RelayStore, StoreLimits } from '../../src/store/relay-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Opened } from './backend.ts';
import { WIDE } from './samples.ts';

/** An empty folder, removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'relay-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A durable store in `folder`, closed after the test. */
export async function openIn(folder: string, limits: Partial<StoreLimits> = {}): Promise<RelayStore> {
  const store = await openSqliteStore({ folder, limits: { ...WIDE, ...limits } });
  onTestFinished(() => store.close());
  return store;
}

export async function createSqlite(limits: Partial<StoreLimits> = {}): Promise<Opened & { folder: string }> {
  const folder = path.join(temporaryFolder(), 'data');
  let store = await openIn(folder, limits);
  const reopen = async () => {
    await store.close();
    store = await openIn(folder, limits);
    return store;
  };
  return { store, reopen, folder };
}

/** Rows of a database that no store has open. */
export async function ask(database: string, sql: string): Promise<unknown> {
  const program = fileURLToPath(new URL('./raw-database.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, database, sql]);
  return JSON.parse(stdout);
}
