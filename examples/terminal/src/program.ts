/**
 * The program from its arguments to its end. What it takes from the world is passed in.
 *
 * @module
 */

import path from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Arguments } from './arguments.ts';
import { harmlessJson } from './harmless.ts';
import { Keyboard } from './keyboard.ts';
import type { LocalFiles } from './local-files.ts';
import {
  DEFAULT_RELAY,
  type DevicePlatform,
  firstLine,
  type OpenedDevice,
  openChosenDevice,
  reopenDevice,
} from './open-device.ts';
import type { Photos } from './photos/photos.ts';
import { problemOf } from './problem.ts';
import { RELAY_FOLDER } from './profile.ts';
import { RelayHost, type RelayHostOptions } from './relay-host.ts';
import { askSecret } from './secret-prompt.ts';
import { Session } from './session.ts';
import type { SessionEvent } from './session-event.ts';
import type { View } from './views/view.ts';

export interface World {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly errors: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataRoot: string;
  readonly platform: DevicePlatform;
  readonly files: LocalFiles;
  readonly photos: Photos;
  readonly loadRelay: RelayHostOptions['load'];
}

type Mode = 'full-screen' | 'plain' | 'json';

export class Program {
  readonly #arguments: Arguments;
  readonly #world: World;
  readonly #mode: Mode;
  /** Said before there was a view; people see it above the chat, too. */
  readonly #said: string[] = [];
  #keyboard: Keyboard | undefined;
  #session: Session | undefined;
  #view: View | undefined;
  #isLeaving = false;

  constructor(args: Arguments, world: World) {
    this.#arguments = args;
    this.#world = world;
    this.#mode = modeOf(args, world);
  }

  /**
   * Runs until the user leaves or the input ends; then everything that waits is sent if that can be, and closed.
   *
   * @throws `ProgramError` or `ClientError` if it cannot start
   */
  async run(): Promise<void> {
    try {
      await this.#run();
    } catch (error) {
      if (this.#mode === 'json') {
        // Whoever reads the events need not read what is said to people.
        this.#world.output.write(`${harmlessJson({ event: 'error', ...problemOf(error) })}\n`);
      }
      throw error;
    }
  }

  async #run(): Promise<void> {
    const relayToken = await this.#relayToken();
    let opened: OpenedDevice | undefined = await this.#openDevice(relayToken);
    const view = await this.#openView();
    this.#view = view;
    const host = this.#relayHost(relayToken);
    for (let invite = this.#arguments.invite; opened !== undefined; invite = undefined) {
      const session = this.#newSession(opened, view, host);
      await this.#talk(session, view, host, invite);
      if (!session.isLocked) {
        await this.#close(view, session, host);
        return;
      }
      // The screen first: what waits may take a while to be sent.
      view.detach();
      await session.close();
      this.#session = undefined;
      opened = await reopenDevice(opened, relayToken, this.#world.platform, (question) => view.askSecret(question));
    }
    await this.#close(view, undefined, host);
  }

  /** Ends {@link run}. */
  leave(): void {
    this.#isLeaving = true;
    if (this.#session === undefined) {
      // Nobody waits for the passphrase any more.
      this.#view?.close();
    } else {
      this.#session.leave();
    }
  }

  /** True once there is something to end in good order. */
  get isRunning(): boolean {
    return this.#view !== undefined;
  }

  /** The process was stopped, and goes on. */
  resume(): void {
    this.#view?.resume();
  }

  /** Gives the terminal back at once; nothing else is done any more. */
  abandon(): void {
    this.#view?.close();
    this.#keyboard?.close();
  }

  #newSession({ device, profile, key }: OpenedDevice, view: View, host: RelayHost): Session {
    const { accept, autoRead } = this.#arguments;
    const { files, photos } = this.#world;
    const show = (event: SessionEvent) => {
      view.show(event);
      if (event.type === 'link' && event.relay === DEFAULT_RELAY) {
        host.linkChanged(event.link);
      }
    };
    return new Session({
      device,
      profile: profile.name,
      key,
      files,
      photos,
      autoAccept: accept,
      autoRead,
      view: {
        isScreen: view.isScreen,
        drawsPictures: view.drawsPictures,
        show,
        askSecret: (question) => view.askSecret(question),
      },
    });
  }

  /** Until the user leaves or locks the profile, or the input ends. */
  async #talk(session: Session, view: View, host: RelayHost, invite: string | undefined): Promise<void> {
    const { device } = session;
    this.#session = session;
    view.attach(session);
    const isHere = device.relay === DEFAULT_RELAY || device.links().some(({ relay }) => relay === DEFAULT_RELAY);
    const started = session.start(invite, isHere ? host.look() : Promise.resolve());
    this.#repeatWhatWasSaid(session);
    if (this.#isLeaving) {
      session.leave();
    }
    await view.run(session);
    // Where the input has ended, what it asked for is done first.
    await Promise.race([started, session.left]);
  }

  async #relayToken(): Promise<string | undefined> {
    const { relayTokenFile } = this.#arguments;
    return relayTokenFile === undefined ? undefined : (await firstLine(relayTokenFile, '--relay-token-file')).trim();
  }

  async #openDevice(relayToken: string | undefined): Promise<OpenedDevice> {
    const { profile, data, name, relay, allowInsecureRelay, passphraseFile, invite } = this.#arguments;
    const { platform, errors } = this.#world;
    const opened = await openChosenDevice(
      {
        root: this.#dataRoot,
        name: profile,
        mayTakeNext: profile === undefined && data === undefined,
        shownName: name,
        relay,
        relayToken,
        allowsInsecureRelay: allowInsecureRelay,
        passphraseFile,
        invite,
        mayAskNew: this.#mode === 'full-screen',
      },
      platform,
      {
        ...(this.#world.input.isTTY ? { askSecret: (question) => this.#askSecret(question) } : {}),
        say: (line) => {
          errors.write(`${line}\n`);
          this.#said.push(line);
        },
      },
    );
    if (this.#mode !== 'full-screen') {
      this.#closeKeyboard();
    }
    return opened;
  }

  /** On standard error: standard output may belong to a program. */
  async #askSecret(question: string): Promise<string | undefined> {
    this.#keyboard ??= new Keyboard(this.#world.input);
    const answer = await askSecret(this.#keyboard, this.#world.errors, question);
    // Who answers has seen what stands above the question.
    this.#said.length = 0;
    return answer;
  }

  /** The terminal is in raw mode for the answer alone. */
  async #askBetweenLines(question: string): Promise<string | undefined> {
    try {
      return await this.#askSecret(question);
    } finally {
      this.#closeKeyboard();
    }
  }

  #closeKeyboard(): void {
    this.#keyboard?.close();
    this.#keyboard = undefined;
  }

  /** Only what the mode needs is loaded. */
  async #openView(): Promise<View> {
    const { input, output, env } = this.#world;
    if (this.#mode === 'json') {
      return (await import('./views/json/json-view.ts')).jsonView(input, output);
    }
    if (this.#mode === 'plain') {
      const { plainView } = await import('./views/plain/plain-view.ts');
      return plainView(input, output, input.isTTY ? (question) => this.#askBetweenLines(question) : undefined);
    }
    const [{ FullScreenView }, { graphicsOf }, { Terminal }] = await Promise.all([
      import('./views/full-screen/full-screen-view.ts'),
      import('./views/full-screen/graphics.ts'),
      import('./views/full-screen/terminal.ts'),
    ]);
    this.#keyboard ??= new Keyboard(input);
    return new FullScreenView(new Terminal(output, graphicsOf(env)), this.#keyboard);
  }

  #relayHost(token: string | undefined): RelayHost {
    return new RelayHost({
      origin: DEFAULT_RELAY,
      data: path.join(this.#dataRoot, RELAY_FOLDER),
      token,
      load: this.#world.loadRelay,
      pause: (ms) => pause(ms),
      say: (line) => this.#session?.note(line),
      fail: (error) => this.#session?.show({ type: 'error', ...problemOf(error) }),
      started: () => this.#session?.device.retryNow(),
    });
  }

  get #dataRoot(): string {
    return path.resolve(this.#arguments.data ?? this.#world.dataRoot);
  }

  /** What was written to the terminal before is not seen on the second screen. */
  #repeatWhatWasSaid(session: Session): void {
    if (this.#mode === 'full-screen' && this.#said.length > 0) {
      session.note(this.#said.splice(0).join(' '));
    }
  }

  async #close(view: View, session: Session | undefined, host: RelayHost): Promise<void> {
    const isPainted = this.#mode === 'full-screen';
    if (isPainted) {
      await view.close();
    }
    this.#closeKeyboard();
    try {
      await session?.close();
    } finally {
      // The device may have sent its last words by this very relay.
      await host.close();
      if (!isPainted) {
        await view.close();
      }
    }
  }
}

function modeOf({ json, plain }: Arguments, { input, output, env }: World): Mode {
  if (json) {
    return 'json';
  }
  const isTerminal = input.isTTY === true && output.isTTY === true && env.TERM !== 'dumb';
  return plain || !isTerminal ? 'plain' : 'full-screen';
}
