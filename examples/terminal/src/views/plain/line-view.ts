/**
 * A view for programs and simple terminals: one command a line comes in, one event a line goes out.
 *
 * @module
 */

import type { Readable, Writable } from 'node:stream';
import type { Message } from '@secret-chat/client';
import type { AskSecret } from '../../profile-key.ts';
import type { Session } from '../../session.ts';
import type { SessionEvent } from '../../session-event.ts';
import { isReadWhenShown } from '../../veil.ts';
import type { View } from '../view.ts';
import { LineReader } from './line-reader.ts';

export interface LineViewOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** The lines that an event is printed as, without their ends. */
  format(event: SessionEvent): readonly string[];
  /** How a question for a secret is put; the answer is the next line. */
  ask(question: string): void;
  /** Asks by itself, where a terminal would show what is typed. */
  readonly askHidden?: AskSecret | undefined;
}

/** An event, as soon as it may be printed. */
type Coming = SessionEvent | Promise<SessionEvent | undefined>;

export class LineView implements View {
  readonly isScreen = false;
  readonly drawsPictures = false;
  readonly #options: LineViewOptions;
  readonly #lines: LineReader;
  readonly #waiting: string[] = [];
  #wake: () => void = () => {};
  #ended = false;
  #finish: (nothing: undefined) => void = () => {};
  /** Resolves when no line comes any more. */
  readonly #over: Promise<undefined> = new Promise((resolve) => {
    this.#finish = resolve;
  });
  #session: Session | undefined;
  /** Not printed yet. */
  readonly #events: Coming[] = [];
  #isPrinting = false;
  #printed: Promise<void> = Promise.resolve();

  constructor(options: LineViewOptions) {
    this.#options = options;
    this.#lines = new LineReader(options.input, {
      line: (line) => {
        this.#waiting.push(line);
        this.#wake();
      },
      end: () => this.#end(),
    });
    // Whoever read the events is gone: nobody is left to talk to.
    options.output.on('error', () => this.#end());
  }

  show(event: SessionEvent): void {
    this.#events.push(this.#printable(event));
    if (!this.#isPrinting) {
      this.#printed = this.#print();
    }
  }

  /** From a pipe it is the next line: nothing of it is shown anywhere. */
  async askSecret(question: string): Promise<string | undefined> {
    const { ask, askHidden } = this.#options;
    if (askHidden === undefined) {
      ask(question);
      return this.#nextLine();
    }
    this.#lines.pause();
    try {
      return await Promise.race([askHidden(question), this.#over]);
    } finally {
      this.#lines.resume();
    }
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
      await Promise.race([this.#lineOrEnd(), left]);
      // Who has left may ask for the next line: it stays.
      const line = hasLeft ? undefined : this.#waiting.shift();
      if (line === undefined) {
        break;
      }
      await Promise.race([session.enter(line), left]);
    }
    await this.#printed;
  }

  /** What was printed cannot be taken back; what still comes goes by the session that it comes from. */
  detach(): void {}

  resume(): void {}

  /** What was printed has left this process when it resolves. */
  async close(): Promise<void> {
    this.#lines.close();
    await this.#printed;
    const { output } = this.#options;
    await new Promise<void>((resolve) => {
      if (output.destroyed || output.errored !== null) {
        resolve();
      } else {
        output.write('', () => resolve());
      }
    });
  }

  async #nextLine(): Promise<string | undefined> {
    await this.#lineOrEnd();
    return this.#waiting.shift();
  }

  async #lineOrEnd(): Promise<void> {
    while (this.#waiting.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** In their order: what must be marked as read before it is shown holds up what follows. */
  async #print(): Promise<void> {
    this.#isPrinting = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const event = next instanceof Promise ? await next : next;
      if (event !== undefined) {
        for (const line of this.#options.format(event)) {
          this.#options.output.write(`${line}\n`);
        }
        this.#wasShown(event);
      }
    }
    this.#isPrinting = false;
  }

  /** As it may be printed; `undefined` if nothing is left of it. */
  #printable(event: SessionEvent): Coming {
    const reading = this.#session?.reading;
    if (event.type === 'history' && reading?.readsFirst(event.chat, event.messages)) {
      return reading.readFirst(event.chat, event.messages).then((messages) => ({ ...event, messages }));
    }
    if (event.type === 'message' && reading?.readsFirst(event.chat, [event.message])) {
      return reading.readFirst(event.chat, [event.message]).then(([message]) => message && { ...event, message });
    }
    return event;
  }

  #wasShown(event: SessionEvent): void {
    const session = this.#session;
    if (event.type === 'message') {
      session?.reading.shown(event.chat, readNow([event.message]));
    } else if (event.type === 'history') {
      session?.reading.shown(event.chat, readNow(event.messages));
    } else if (event.type === 'file' && event.fileState === 'fetched') {
      session?.reading.shown(event.chat, [event.n]);
    } else if (event.type === 'view') {
      // A line cannot be taken off the screen: it was seen with being printed.
      session?.closeView(event.chat, event.message.n);
    }
  }

  #end(): void {
    this.#ended = true;
    this.#finish(undefined);
    this.#wake();
  }
}

function readNow(messages: readonly Message[]): number[] {
  return messages.filter(isReadWhenShown).map(({ n }) => n);
}
