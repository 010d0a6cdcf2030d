/**
 * An input as lines: a line feed ends one, and nothing else does.
 *
 * Node's own reader of lines also breaks at a lone carriage return and at U+2028 and U+2029. A program that hands in what
 * somebody wrote would have the rest of it taken for a command.
 *
 * @module
 */

import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface LineTaker {
  /** Without its end: `\n` or `\r\n`. */
  line(line: string): void;
  /** Nothing more comes; told once. */
  end(): void;
}

export class LineReader {
  readonly #input: Readable;
  readonly #taker: LineTaker;
  readonly #decoder: StringDecoder = new StringDecoder('utf8');
  /** Of a line whose end has not come yet. */
  #parts: string[] = [];
  #hasEnded = false;
  readonly #onData = (chunk: Uint8Array | string): void =>
    this.#take(typeof chunk === 'string' ? chunk : this.#decoder.write(chunk));
  readonly #onEnd = (): void => this.#end();

  /** Takes `input`, until {@link close}. */
  constructor(input: Readable, taker: LineTaker) {
    this.#input = input;
    this.#taker = taker;
    input.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onEnd).on('error', this.#onEnd);
    input.resume();
  }

  /** Somebody else reads, until {@link resume}. */
  pause(): void {
    this.#input.off('data', this.#onData);
  }

  resume(): void {
    if (!this.#hasEnded) {
      this.#input.on('data', this.#onData);
      this.#input.resume();
    }
  }

  /** What is left of a line is dropped; whoever waits for one is told that none comes. */
  close(): void {
    this.#input.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
    this.#input.pause();
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#taker.end();
    }
  }

  #take(text: string): void {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#parts.push(line);
      this.#finish();
    }
    this.#parts.push(rest);
  }

  #finish(): void {
    const line = this.#parts.join('');
    this.#parts = [];
    this.#taker.line(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #end(): void {
    if (this.#hasEnded) {
      return;
    }
    this.#hasEnded = true;
    this.#parts.push(this.#decoder.end());
    if (this.#parts.some((part) => part !== '')) {
      this.#finish();
    }
    this.#taker.end();
  }
}
