/** One side of a conversation, over all the lives of its victim: each that is killed is followed by the next. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Death } from './dying-store.ts';
import type { VictimOrder, VictimReport, VictimSettings, VictimWord } from './victim-words.ts';

/** For anything that is waited for; a machine that is busy takes its time. */
const DEADLINE_MS = 60_000;

/** A message that was told, with where in that life. */
export interface Told {
  readonly n: number;
  readonly life: number;
  /** How many batches the store had been handed when it was told. */
  readonly batches: number;
}

export interface PersonOptions extends Pick<VictimSettings, 'name' | 'relay' | 'joins' | 'texts' | 'ends' | 'speed'> {
  readonly program: string;
  /** How its lives end, the first one first; later ones are not cut short. */
  readonly deaths?: readonly Death[];
}

export class Person {
  readonly folder: string;
  /** `sendText` has resolved for these. */
  readonly sent = new Set<number>();
  readonly told: Told[] = [];
  /** Events of other types, as they came. */
  readonly events: string[] = [];
  link: string | undefined;
  report: VictimReport | undefined;
  /** Once the chat is gone: how many batches the store was handed in that life. */
  batchesAtEnd: number | undefined;
  /** How much it has said. */
  words = 0;
  /** How many lives there were. */
  lives = 0;
  readonly #options: PersonOptions;
  readonly #listeners = new Set<() => void>();
  #child: ChildProcess | undefined;
  #isEnding = false;
  #isClosing = false;
  #failure: Error | undefined;

  /** Its first life begins. */
  constructor(options: PersonOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), `secret-chat-${options.name}-`));
    onTestFinished(async () => {
      this.#isClosing = true;
      await this.kill();
      rmSync(this.folder, { recursive: true, force: true });
    });
    this.#live();
  }

  get name(): string {
    return this.#options.name;
  }

  join(link: string): void {
    this.link = link;
    this.#order({ link });
  }

  /** Its victim dies now, and the next life begins at once. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const end = once(child, 'close');
      child.kill('SIGKILL');
      await end;
    }
  }

  /** The chat is to end. */
  end(): void {
    this.#isEnding = true;
    this.#order({ order: 'end' });
  }

  /** Closes the device as programs do. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const end = once(child, 'close');
      this.#order({ order: 'close' });
      await end;
    }
  }

  /** Resolves with the first value that `look` finds. */
  until<T>(what: string, look: (person: this) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(deadline);
        this.#listeners.delete(check);
      };
      const check = () => {
        const found = look(this);
        if (this.#failure !== undefined) {
          stop();
          reject(this.#failure);
        } else if (found !== undefined) {
          stop();
          resolve(found);
        }
      };
      const deadline = setTimeout(() => {
        stop();
        reject(new Error(`${this.name}: ${what} did not come; ${this.#state()}`));
      }, DEADLINE_MS);
      this.#listeners.add(check);
      check();
    });
  }

  #live(): void {
    const { program, deaths = [], name, relay, joins, texts, ends, speed } = this.#options;
    const settings: VictimSettings = {
      ...{ folder: this.folder, name, relay, joins, texts, ends, speed },
      isEnding: this.#isEnding,
      death: deaths[this.lives],
    };
    this.lives += 1;
    const life = this.lives;
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(JSON.parse(line) as VictimWord, life));
    if (joins && this.link !== undefined) {
      this.#order({ link: this.link });
    }
    child.once('close', (code, signal) => {
      if (this.#isClosing) {
        return;
      }
      if (signal === 'SIGKILL') {
        this.#live();
      } else {
        this.#fail(new Error(`${name} ended by itself with ${code ?? signal} in life ${life}`));
      }
    });
  }

  #hear(word: VictimWord, life: number): void {
    this.words += 1;
    if ('link' in word) {
      this.link ??= word.link;
    } else if ('sent' in word) {
      this.sent.add(word.sent);
    } else if ('complete' in word) {
      this.report = word.complete;
    } else if ('over' in word) {
      this.batchesAtEnd = word.batches;
    } else if ('failed' in word) {
      this.#fail(new Error(`${this.name} failed in life ${life}: ${word.failed}`));
    } else if (word.event === 'message' && word.n !== undefined) {
      this.told.push({ n: word.n, life, batches: word.batches });
    } else {
      this.events.push(word.why === undefined ? word.event : `${word.event} ${word.why}`);
    }
    this.#look();
  }

  #order(order: VictimOrder): void {
    this.#child?.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#look();
  }

  #look(): void {
    for (const check of [...this.#listeners]) {
      check();
    }
  }

  #state(): string {
    const { lives, sent, told, events, report } = this;
    const counts = { lives, sent: sent.size, told: told.length, isComplete: report !== undefined };
    return JSON.stringify({ ...counts, events: events.slice(-20) });
  }
}
