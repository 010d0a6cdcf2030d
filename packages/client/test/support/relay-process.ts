/** A real relay in a process of its own, with its data on disk: it can be killed, and comes back on the same port. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { FAST_LIMITS } from './relay.ts';

const RELAY_HOME = fileURLToPath(new URL('../../../relay/', import.meta.url));
const STARTED = /relay started: (\S+)/;

export class RelayProcess {
  /** Folder of the relay's data. */
  readonly data: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #origin = '';
  #said = '';

  private constructor(data: string, flags: readonly string[]) {
    this.data = data;
    this.#flags = flags;
  }

  /** Ends with the test, and its data with it. @param flags of the program, such as `--origin ws://127.0.0.1:9000` */
  static async start(flags: readonly string[] = []): Promise<RelayProcess> {
    const relay = new RelayProcess(mkdtempSync(join(tmpdir(), 'secret-chat-relay-')), flags);
    onTestFinished(async () => {
      await relay.kill();
      rmSync(relay.data, { recursive: true, force: true });
    });
    await relay.#run(0);
    return relay;
  }

  get origin(): string {
    return this.#origin;
  }

  /** Everything that it wrote to its output, in all its lives. */
  get said(): string {
    return this.#said;
  }

  /** As power loss does to a process: it writes and says nothing more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As Ctrl-C does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** On the same port, with the data that the last run left. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#run(Number(new URL(this.#origin).port));
  }

  async #run(port: number): Promise<void> {
    const limits = Object.entries(FAST_LIMITS).flatMap(([name, value]) => [`--${kebab(name)}`, String(value)]);
    const child = spawn(
      process.execPath,
      [
        '--conditions=@secret-chat/source',
        '--import=tsx',
        'src/program.ts',
        ...['--port', String(port), '--data', this.data],
        ...limits,
        ...this.#flags,
      ],
      { cwd: RELAY_HOME, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) {
      output?.on('data', (data: Buffer) => {
        this.#said += data;
      });
    }
    this.#origin = await started(child);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'close');
      child.kill(signal);
      await ended;
    }
  }
}

function started(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const listen = (data: Buffer) => {
      said += data;
      const origin = STARTED.exec(said)?.[1];
      if (origin !== undefined) {
        resolve(origin);
      }
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    child.once('close', () => reject(new Error(`the relay did not start: ${said}`)));
  });
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
