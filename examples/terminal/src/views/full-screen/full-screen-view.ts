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
import { lockedScreen, screen } from './screen.ts';
import { Stage } from './stage.ts';
import type { Terminal } from './terminal.ts';
import { systemClock, type WallClock } from './wall-clock.ts';

/** The user is asked for a secret. */
interface Asking {
  readonly question: string;
  readonly entry: SecretEntry;
  readonly answer: (secret: string | undefined) => void;
}

const CLOSE_VIEWER = 'Esc closes it';
const LOCKED = 'Locked.';

export class FullScreenView implements View {
  readonly isScreen = true;
  readonly drawsPictures: boolean;
  readonly #terminal: Terminal;
  readonly #keyboard: Keyboard;
  readonly #painter: Painter;
  readonly #clock: WallClock;
  #line: InputLine = this.#newLine();
  #session: Session | undefined;
  #stage: Stage | undefined;
  #asking: Asking | undefined;
  #willPaint = false;
  /** Takes back the next look at countdowns. */
  #untick: () => void = () => {};
  readonly #unwatch: () => void;

  /** Takes the terminal, until {@link close}. */
  constructor(terminal: Terminal, keyboard: Keyboard, clock: WallClock = systemClock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#keyboard = keyboard;
    this.#painter = new Painter((bytes) => terminal.write(bytes), terminal.colourDepth, terminal.graphics);
    this.drawsPictures = terminal.graphics !== undefined;
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
      now: () => this.#clock.now(),
      veil: (chat, message) => session.reading.veil(chat, message),
      viewerClosed: (chat, n) => session.closeView(chat, n),
      changed: () => this.#changed(),
      seen: (chat, numbers) => session.reading.shown(chat, numbers),
    });
    this.#keyboard.listen((input) => this.#onInput(input));
    this.#changed();
  }

  run(session: Session): Promise<void> {
    return Promise.race([session.left, this.#keyboard.ended]);
  }

  detach(): void {
    this.#untick();
    this.#session = undefined;
    this.#stage = undefined;
    this.#line = this.#newLine();
    this.#repaint();
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#untick();
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
      this.#keyboard.ended.then(() => answer(undefined));
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
    if (this.#asking !== undefined) {
      const step = this.#asking.entry.take(input);
      if (step.done) {
        this.#asking.answer(step.secret);
      }
    } else if (this.#stage?.isViewing === true) {
      this.#grant(viewerWish(input));
    } else if (this.#stage !== undefined) {
      this.#grant(this.#line.take(input));
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
    const stage = this.#stage;
    if (stage === undefined) {
      this.#painter.paint(lockedScreen(this.#asking?.question ?? LOCKED, this.#terminal.size));
      return;
    }
    const question = this.#asking?.question ?? (stage.isViewing ? CLOSE_VIEWER : undefined);
    const painted = screen({ ...stage.scene, editor: this.#line.editor, question }, this.#terminal.size);
    this.#painter.paint(painted.frame);
    stage.painted(painted);
    this.#untick();
    if (painted.changesInMs !== undefined) {
      this.#untick = this.#clock.after(painted.changesInMs, () => this.#changed());
    }
  }

  #newLine(): InputLine {
    return new InputLine((text) => this.#session?.draft(text));
  }
}

/** Only what cannot be meant for the input line: what can be seen once is not to be closed by chance. */
function viewerWish(input: Input): Wish | undefined {
  if (input.kind !== 'key') {
    return undefined;
  }
  const { name, ctrl } = input;
  if (name === 'pageup' || name === 'pagedown') {
    return { kind: 'scroll', pages: name === 'pageup' ? 1 : -1 };
  }
  if (ctrl) {
    return name === 'c' ? { kind: 'leave' } : name === 'l' ? { kind: 'repaint' } : undefined;
  }
  return name === 'escape' ? { kind: 'close' } : undefined;
}
