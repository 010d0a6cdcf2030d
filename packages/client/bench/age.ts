/**
 * What others take for the same way of a file: `cp`, and where they are installed `age` and typage, an implementation of its
 * format in TypeScript. Every step ends when its result is durable.
 *
 * @module
 */

import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, createWriteStream, fsyncSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const HTTP_COPY = fileURLToPath(new URL('http-copy.ts', import.meta.url));
/** Where the bench of the file cipher has it. */
const CRYPTO = new URL('../../crypto/package.json', import.meta.url);
const BLOCK = { highWaterMark: 1_048_576 } as const;

interface Cost {
  readonly s: number;
  readonly cpu: number;
}

export type Report = (what: string, seconds: number, numbers: Record<string, number>) => void;

/** The part of typage that is used. */
interface Typage {
  readonly Encrypter: new () => Keyed & {
    encrypt(file: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
  };
  readonly Decrypter: new () => Keyed & {
    decrypt(file: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
  };
}

interface Keyed {
  addRecipient(recipient: string): void;
  addIdentity(identity: string): void;
}

/** Measures them all, with files in the folder `parent`. */
export async function measureOthers(parent: string, source: string, report: Report): Promise<void> {
  const at = (name: string) => path.join(parent, name);
  const tell = (what: string, { s, cpu }: Cost) => report(what, s, { 'CPU s': cpu });
  tell('cp, synced', timed(`cp ${source} ${at('copy')}`, at('copy')));
  try {
    execFileSync('age-keygen', ['-o', at('key')], { stdio: 'ignore' });
  } catch {
    console.log('age is not installed');
    return;
  }
  const [recipient = ''] = /age1\S+/.exec(readFileSync(at('key'), 'utf8')) ?? [];
  const encrypted = timed(`age -r ${recipient} -o ${at('a.age')} ${source}`, at('a.age'));
  const [put, got] = await carry(at('a.age'), at('stored'), at('b.age'));
  const decrypted = timed(`age -d -i ${at('key')} -o ${at('plain')} ${at('b.age')}`, at('plain'));
  tell('age: encrypt, synced', encrypted);
  tell('age: put over HTTP, synced once', put);
  tell('age: get over HTTP, synced once', got);
  tell('age: decrypt, synced', decrypted);
  tell('age: encrypt → put → get → decrypt', sum([encrypted, put, got, decrypted]));
  const typage = await findTypage();
  if (typage === undefined) {
    console.log('typage (age-encryption) is not installed');
    return;
  }
  const [identity = ''] = /AGE-SECRET-KEY-\S+/.exec(readFileSync(at('key'), 'utf8')) ?? [];
  const encrypter = new typage.Encrypter();
  encrypter.addRecipient(recipient);
  tell('typage: encrypt, synced', await converted(source, at('t.age'), (file) => encrypter.encrypt(file)));
  const decrypter = new typage.Decrypter();
  decrypter.addIdentity(identity);
  tell('typage: decrypt, synced', await converted(at('t.age'), at('t.plain'), (file) => decrypter.decrypt(file)));
}

/** Puts a file to a store in a process of its own, and gets it again, each by a process of its own. */
async function carry(file: string, stored: string, target: string): Promise<[Cost, Cost]> {
  const store = spawn(process.execPath, [...process.execArgv, HTTP_COPY, 'store', stored], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface({ input: store.stdout }), 'line')) as [string];
  const step = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, HTTP_COPY, ...args]);
    return JSON.parse(stdout) as Cost;
  };
  try {
    return [await step('put', port, file), await step('get', port, target)];
  } finally {
    store.kill();
  }
}

/** A command with its time, as the shell's `time` has it; then the disk is waited for. */
function timed(command: string, file: string): Cost {
  const start = performance.now();
  const { stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time (${command})`], { encoding: 'utf8' });
  sync(file);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { s: (performance.now() - start) / 1000, cpu: user + system };
}

async function converted(
  source: string,
  target: string,
  convert: (file: ReadableStream<Uint8Array>) => Promise<ReadableStream<Uint8Array>>,
): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  const input = Readable.toWeb(createReadStream(source, BLOCK)) as ReadableStream<Uint8Array>;
  const output = Readable.fromWeb((await convert(input)) as Parameters<typeof Readable.fromWeb>[0]);
  await pipeline(output, createWriteStream(target, BLOCK));
  sync(target);
  const { user, system } = process.cpuUsage(before);
  return { s: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

async function findTypage(): Promise<Typage | undefined> {
  try {
    return (await import(pathToFileURL(createRequire(CRYPTO).resolve('age-encryption')).href)) as Typage;
  } catch {
    return undefined;
  }
}

function sync(file: string): void {
  const handle = openSync(file, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

function sum(costs: readonly Cost[]): Cost {
  return { s: costs.reduce((all, { s }) => all + s, 0), cpu: costs.reduce((all, { cpu }) => all + cpu, 0) };
}
