/**
 * A view for programs and simple terminals: one command a line comes in, one event a line goes out.
 *
 * @module
 */

import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Session } from '../../session.ts';
import type { SessionEvent } from '../../session-event.ts';
import type { View } from '../view.ts';

export interface LineViewOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The lines that an event is printed as, without their ends. */
  format(event: SessionEvent): readonly string[];
  /** How a question for a secret is put; the answer is the next line. */
  ask(question: string): void;
}

export class LineView implements View {
  readonly #options: LineViewOptions;
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  #wake: () => void = () => {};
  #ended = false;
  #session: Session | undefined;

  constructor(options: LineViewOptions) {
    this.#options = options;
    this.#lines = createInterface({ input: options.input, crlfDelay: Number.POSITIVE_INFINITY, terminal: false });
    this.#lines.on('line', (line) => {
      this.#waiting.push(line);
      this.#wake();
    });
    this.#lines.on('close', () => this.#end());
    // Whoever read the events is gone: nobody is left to talk to.
    options.output.on('error', () => this.#end());
  }

  show(event: SessionEvent): void {
    for (const line of this.#options.format(event)) {
      this.#options.output.write(`${line}\n`);
    }
    if (event.type === 'message' && event.message.from === 'them') {
      this.#session?.shown(event.chat, [event.message.n]);
    } else if (event.type === 'history') {
      const theirs = event.messages.filter(({ from, state }) => from === 'them' && state === 'received');
      this.#session?.shown(
        event.chat,
        theirs.map(({ n }) => n),
      );
    }
  }

  /** The next line: nothing that is typed into a pipe is shown anywhere. */
  askSecret(question: string): Promise<string | undefined> {
    this.#options.ask(question);
    return this.#nextLine();
  }

  attach(session: Session): void {
    this.#session = session;
  }

  /** Lines take effect one after another, so that a script need not wait for answers. */
  async run(session: Session): Promise<void> {
    let hasLeft = false;
    const left = session.left.then(() => {
      hasLeft = true;
      this.#wake();
    });
    while (!hasLeft) {
      const line = await Promise.race([this.#nextLine(), left]);
      if (typeof line !== 'string') {
        return;
      }
      await Promise.race([session.enter(line), left]);
    }
  }

  resume(): void {}

  /** What was printed has left this process when it resolves. */
  close(): Promise<void> {
    this.#lines.close();
    const { output } = this.#options;
    return new Promise((resolve) => {
      if (output.destroyed || output.errored !== null) {
        resolve();
      } else {
        output.write('', () => resolve());
      }
    });
  }

  async #nextLine(): Promise<string | undefined> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#waiting.shift();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
