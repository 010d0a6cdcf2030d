/**
 * The full-screen view: events change what is on the stage, keys change what is typed, and every change is painted.
 *
 * @module
 */

import { setImmediate } from 'node:timers';
import type { Input, Keyboard } from '../../keyboard.ts';
import { SecretEntry } from '../../secret-entry.ts';
import type { Session } from '../../session.ts';
import type { SessionEvent } from '../../session-event.ts';
import type { View } from '../view.ts';
import { InputLine, type Wish } from './input-line.ts';
import { Painter } from './painter.ts';
import { screen } from './screen.ts';
import { Stage } from './stage.ts';
import type { Terminal } from './terminal.ts';

/** The user is asked for a secret. */
interface Asking {
  readonly question: string;
  readonly entry: SecretEntry;
  readonly answer: (secret: string | undefined) => void;
}

export class FullScreenView implements View {
  readonly #terminal: Terminal;
  readonly #keyboard: Keyboard;
  readonly #painter: Painter;
  readonly #line: InputLine = new InputLine((text) => this.#session?.draft(text));
  #session: Session | undefined;
  #stage: Stage | undefined;
  #asking: Asking | undefined;
  #willPaint = false;
  readonly #unwatch: () => void;

  /** Takes the terminal, until {@link close}. */
  constructor(terminal: Terminal, keyboard: Keyboard) {
    this.#terminal = terminal;
    this.#keyboard = keyboard;
    this.#painter = new Painter((bytes) => terminal.write(bytes), terminal.colourDepth);
    terminal.enter();
    this.#unwatch = terminal.onResize(() => this.#repaint());
  }

  attach(session: Session): void {
    const terminal = this.#terminal;
    this.#session = session;
    this.#stage = new Stage({
      device: session.device,
      get size() {
        return terminal.size;
      },
      colourDepth: terminal.colourDepth,
      changed: () => this.#changed(),
      seen: (chat, numbers) => session.shown(chat, numbers),
    });
    this.#keyboard.listen((input) => this.#onInput(input));
    this.#changed();
  }

  run(session: Session): Promise<void> {
    return Promise.race([session.left, this.#keyboard.ended]);
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#keyboard.listen(undefined);
    this.#asking?.answer(undefined);
    this.#terminal.leave();
  }

  resume(): void {
    this.#terminal.resume();
    this.#keyboard.resume();
    this.#repaint();
  }

  askSecret(question: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const answer = (secret: string | undefined) => {
        this.#asking = undefined;
        resolve(secret);
      };
      this.#asking = { question, entry: new SecretEntry(), answer };
      this.#changed();
    });
  }

  show(event: SessionEvent): void {
    if (event.type === 'destroyed' || event.type === 'ended') {
      this.#line.forgetTexts();
    }
    this.#stage?.take(event);
  }

  #onInput(input: Input): void {
    if (this.#asking === undefined) {
      this.#grant(this.#line.take(input));
    } else {
      const step = this.#asking.entry.take(input);
      if (step.done) {
        this.#asking.answer(step.secret);
      }
    }
    this.#changed();
  }

  #grant(wish: Wish | undefined): void {
    switch (wish?.kind) {
      case 'submit':
        this.#submit(wish.line);
        break;
      case 'scroll':
        this.#stage?.scrollBy(wish.pages);
        break;
      case 'names':
        this.#stage?.say(wish.names.map((name) => `/${name}`).join(' '));
        break;
      case 'close':
        this.#stage?.clear();
        break;
      case 'repaint':
        this.#repaint();
        break;
      case 'leave':
        this.#session?.leave();
        break;
    }
  }

  #submit(line: string): void {
    if (line.trim() === '') {
      return;
    }
    this.#stage?.clear();
    // The text goes to the chat that is on the screen; only when the line is empty may another one take its place.
    this.#session?.enter(line).then((isDone) => {
      if (!isDone) {
        this.#line.restore(line);
        this.#changed();
      }
    });
    this.#line.clear();
  }

  /** Everything anew: the size changed, or something else wrote to the screen. */
  #repaint(): void {
    this.#painter.forget();
    this.#changed();
  }

  /** Many changes at once are painted once. */
  #changed(): void {
    if (!this.#willPaint) {
      this.#willPaint = true;
      setImmediate(() => {
        this.#willPaint = false;
        this.#paint();
      });
    }
  }

  #paint(): void {
    if (this.#stage !== undefined) {
      const scene = { ...this.#stage.scene, editor: this.#line.editor, question: this.#asking?.question };
      const painted = screen(scene, this.#terminal.size);
      this.#painter.paint(painted.frame);
      this.#stage.painted(painted);
    }
  }
}
