/** The sender, the receiver and the relay are killed while a file is on its way; it arrives, and little is sent twice. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { buildProgram } from '../support/built-program.ts';
import { RelayProcess } from '../support/relay-process.ts';
import { sample, until } from './pair.ts';
import type { MediaVictimSettings, MediaWord } from './victim-words.ts';

/** Kills of each: sender, receiver, relay. */
const KILLS = Number(process.env.SECRET_CHAT_MEDIA_KILLS ?? 1);
const SIZE: number = 48 * 1_048_576;
const PIECES = 50;
/** Words of a transfer between two kills: a kill falls somewhere in a run of pieces. */
const WORDS = 14;
/** Pieces that a kill may cost: those in flight, and those done that were not written down. */
const LOST = 4 + 8 + 4;

test('a file survives kills of everyone, byte for byte', { timeout: 60_000 + KILLS * 60_000 }, async () => {
  const program = await buildProgram(new URL('victim.ts', import.meta.url));
  for (const whom of ['sender', 'receiver', 'relay'] as const) {
    await oneTransfer(program, whom);
  }
});

async function oneTransfer(program: string, whom: 'sender' | 'receiver' | 'relay'): Promise<void> {
  const relay = await RelayProcess.start();
  const place = folder();
  const source = join(place, 'source');
  const bytes = sample(SIZE, whom.length);
  writeFileSync(source, bytes);
  const sender = new Victim(program, { folder: join(place, 'a'), relay: relay.origin, name: 'Anna', source });
  const link = await until(() => sender.link, 'a link');
  const receiver = new Victim(program, { folder: join(place, 'b'), relay: relay.origin, name: 'Ben', link });
  const watched = whom === 'receiver' ? receiver : sender;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const words = watched.pieces + 1 + ((kill * 5) % WORDS);
    const isOver = await until(
      () => (receiver.hash !== undefined ? 'over' : watched.pieces >= words ? 'now' : undefined),
      `${words} pieces`,
    );
    if (isOver === 'over') {
      break;
    }
    await (whom === 'relay' ? relay.restart() : watched.kill());
  }
  await until(() => receiver.hash, 'the whole file');
  await until(() => (sender.isSent ? true : undefined), 'the word that it came');
  expect(receiver.hash).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect([receiver.files, sender.files]).toEqual([1, 1]);
  if (whom === 'sender') {
    // A kill before the message exists begins anew: those pieces are another file's.
    const again = sender.counts.there;
    expect(again).toBeLessThanOrEqual(KILLS * LOST);
  }
  if (whom === 'receiver') {
    expect(receiver.counts.got).toBeLessThanOrEqual(PIECES + KILLS * LOST);
  }
  process.stdout.write(`${whom} killed: put again ${sender.counts.there}, got ${receiver.counts.got} of ${PIECES}\n`);
  await Promise.all([sender.end(), receiver.end()]);
  await relay.kill();
}

class Victim {
  link: string | undefined;
  hash: string | undefined;
  isSent = false;
  files = 0;
  pieces = 0;
  readonly counts = { stored: 0, there: 0, got: 0 };
  readonly #program: string;
  readonly #settings: MediaVictimSettings;
  #child: ChildProcess | undefined;
  #isEnding = false;

  constructor(program: string, settings: MediaVictimSettings) {
    this.#program = program;
    this.#settings = settings;
    onTestFinished(() => this.end());
    this.#live();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const end = once(child, 'close');
      child.kill('SIGKILL');
      await end;
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.kill();
  }

  #live(): void {
    const child = spawn(process.execPath, [this.#program, JSON.stringify(this.#settings)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#hear(JSON.parse(line) as MediaWord));
    child.once('close', () => {
      if (!this.#isEnding) {
        this.#live();
      }
    });
  }

  #hear(word: MediaWord): void {
    if ('link' in word) {
      this.link = word.link;
    } else if ('piece' in word) {
      this.pieces += 1;
      this.counts[word.piece] += 1;
    } else if ('done' in word) {
      this.files = word.files;
      if (word.done === 'sent') {
        this.isSent = true;
      } else {
        this.hash = word.done;
      }
    }
  }
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'secret-chat-kills-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}
