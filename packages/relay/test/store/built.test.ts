import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './folders.ts';

const packages = fileURLToPath(new URL('../../../', import.meta.url));
/** What does not import each other, but by the name of its package or of its file. */
const entries = ['relay/src/store/sqlite/sqlite-store.ts', 'relay/src/store/sqlite/worker.ts', 'sqlite/src/index.ts'];
const compiler = fileURLToPath(new URL('../../../../node_modules/typescript/bin/tsc', import.meta.url));

const OPTIONS = [
  '--ignoreConfig',
  ...['--target', 'es2023', '--module', 'nodenext', '--types', 'node', '--skipLibCheck'],
  ...['--customConditions', '@secret-chat/source'],
  ...['--rewriteRelativeImportExtensions', '--erasableSyntaxOnly', '--verbatimModuleSyntax', '--strict'],
];

/** Opens a store as a program that was built does, stores, reads, and then does what `end` says. */
function program(end: string): string {
  return `
    import { openSqliteStore } from './relay/src/store/sqlite/sqlite-store.js';
    const big = 1e9;
    const limits = { envelopesPerMailbox: big, bytesPerMailbox: big, mailboxes: big, envelopeBytes: big, cards: big,
      prekeysPerCard: 200, pieceBytes: big };
    const store = await openSqliteStore({ folder: process.argv[2], limits });
    const name = new Uint8Array(32);
    await store.openMailbox(name, 2_000_000_000, 1_900_000_000);
    const item = { mailbox: name, hash: name, envelope: new Uint8Array(4096), expiresAt: 2_000_000_000 };
    const [result] = await store.append([item], 1_900_000_000);
    process.stdout.write(result);
    ${end}
  `;
}

function install(folder: string, name: string, target: string): void {
  const place = path.join(folder, 'node_modules', name);
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}

describe('the store built to JavaScript', () => {
  let built: string;

  beforeAll(async () => {
    built = mkdtempSync(path.join(os.tmpdir(), 'relay-built-'));
    const files = entries.map((file) => path.join(packages, file));
    await promisify(execFile)(
      process.execPath,
      [compiler, ...OPTIONS, '--rootDir', packages, '--outDir', built, ...files],
      { cwd: path.join(packages, 'relay') },
    );
    writeFileSync(path.join(built, 'package.json'), '{ "type": "module" }');
    writeFileSync(path.join(built, 'sqlite', 'package.json'), '{ "type": "module", "exports": "./src/index.js" }');
    install(built, '@secret-chat/sqlite', path.join(built, 'sqlite'));
    install(
      built,
      '@photostructure/sqlite',
      path.join(packages, 'sqlite', 'node_modules', '@photostructure', 'sqlite'),
    );
  });

  afterAll(() => rmSync(built, { recursive: true, force: true }));

  test.each([
    ['closes it', 'await store.close();', 0],
    ['exits at once with it open', 'process.exit(3);', 3],
    ['exits with calls under way', 'for (let i = 0; i < 100; i += 1) void store.totals(); process.exit(4);', 4],
  ])('starts its thread, warns of nothing, and %s', async (_, end, code) => {
    const file = path.join(built, `program-${code}.mjs`);
    writeFileSync(file, program(end));
    const done = promisify(execFile)(process.execPath, [file, path.join(temporaryFolder(), 'data')]);
    const result = await done.catch((error) => error);
    expect({ stdout: result.stdout, stderr: result.stderr, code: result.code ?? 0 }).toEqual({
      stdout: 'stored',
      stderr: '',
      code,
    });
  });
});
