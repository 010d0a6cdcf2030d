/**
 * The program as users start it, in a process of its own, driven by lines and JSON events.
 *
 * @module
 */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const REPOSITORY: string = fileURLToPath(new URL('../../../..', import.meta.url));
const TIMEOUT_MS = 30_000;

/** npm itself ends by the signal that it was sent, whatever the program answers; what it starts does not. */
const LAUNCHERS = {
  npm: ['npm', 'start', '--'],
  node: [process.execPath, 'scripts/run.mjs', 'start'],
} as const;

export type Launcher = keyof typeof LAUNCHERS;

export interface JsonEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class ProgramProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly events: JsonEvent[] = [];
  /** Lines of standard output that were no JSON. */
  readonly others: string[] = [];
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>;

  constructor(launcher: Launcher, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [command, ...first] = LAUNCHERS[launcher];
    // Signals of a test go to npm and everything it started, as Ctrl-C does.
    // What npm was told about these tests themselves is not for the program: it would win over `.npmrc`.
    const own = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_config_'));
    const options = { cwd: REPOSITORY, env: { ...Object.fromEntries(own), ...env }, detached: true };
    this.child = spawn(command, [...first, '--json', ...args], options);
    this.child.stderr.resume();
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      try {
        this.events.push(JSON.parse(line));
      } catch {
        this.others.push(line);
      }
    });
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  enter(...lines: readonly string[]): void {
    this.child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** The first event that has these fields, now or later. */
  async told(fields: Partial<JsonEvent>): Promise<JsonEvent> {
    const find = () =>
      this.events.find((event) => Object.entries(fields).every(([name, value]) => event[name] === value));
    await expect
      .poll(find, { timeout: TIMEOUT_MS, message: `${JSON.stringify(fields)} of ${JSON.stringify(this.events)}` })
      .toBeDefined();
    return find() as JsonEvent;
  }

  signal(name: NodeJS.Signals): void {
    if (this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null) {
      process.kill(-this.child.pid, name);
    }
  }
}
