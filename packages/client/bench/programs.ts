/** The programs that are measured: a relay and devices, each in a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { DeviceSettings, Order, Word } from './words.ts';

const FLAGS = ['--conditions=@secret-chat/source', '--import=tsx'];
const MANY = '100000000';
const STARTED = /relay started: (\S+)/;

export interface RunningRelay {
  readonly origin: string;
  stop(): Promise<void>;
}

/** @param putsPerSecond the relay's own limit if left out */
export async function startRelay(folder: string, putsPerSecond = MANY): Promise<RunningRelay> {
  const program = fileURLToPath(new URL('../../relay/src/program.ts', import.meta.url));
  const limits = ['--puts-per-second', putsPerSecond, '--frames-per-second', MANY, '--mailboxes-per-hour', MANY];
  const child = spawn(process.execPath, [...FLAGS, program, '--port', '0', '--data', folder, ...limits], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const origin = await new Promise<string>((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => {
        said += data;
        const match = STARTED.exec(said);
        if (match !== null) {
          resolve(match[1] as string);
        }
      });
    }
    child.once('exit', () => reject(new Error(`the relay did not start: ${said}`)));
  });
  return {
    origin,
    stop: async () => {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}

export class BenchDevice {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(word: Word) => void>();

  /** @param flags of Node, such as `--cpu-prof` */
  constructor(settings: DeviceSettings, flags: readonly string[] = []) {
    const program = fileURLToPath(new URL('device.ts', import.meta.url));
    this.#child = spawn(process.execPath, [...FLAGS, ...flags, program, JSON.stringify(settings)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (word: Word) => {
      for (const listener of [...this.#listeners]) {
        listener(word);
      }
    });
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  on(listener: (word: Word) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The next word of a kind that fits. */
  next<Kind extends Word['say']>(
    kind: Kind,
    fits: (word: Extract<Word, { say: Kind }>) => boolean = () => true,
  ): Promise<Extract<Word, { say: Kind }>> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the device ended'));
      this.#child.once('exit', ended);
      const stop = this.on((word) => {
        if (word.say === kind && fits(word as Extract<Word, { say: Kind }>)) {
          stop();
          this.#child.off('exit', ended);
          resolve(word as Extract<Word, { say: Kind }>);
        }
      });
    });
  }

  async close(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.order({ do: 'close' });
    await exit;
  }
}
