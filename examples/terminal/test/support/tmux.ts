/**
 * Real terminals: tmux has as many as a test wants, with programs of this repository in them.
 *
 * @module
 */

import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const REPOSITORY: string = fileURLToPath(new URL('../../../..', import.meta.url));

/** False where there is no tmux: tests that need it say that they are skipped. */
export function hasTmux(): boolean {
  return spawnSync('tmux', ['-V']).status === 0;
}

/** A tmux server of one test, which nothing else uses. */
export class Tmux {
  readonly #socket: string = `secret-chat-${randomBytes(6).toString('hex')}`;

  /** Opens a terminal with a shell in the repository. */
  async open(columns = 80, rows = 24): Promise<Pane> {
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = ['env', 'PS1=$ ', 'bash', '--norc', '--noprofile'];
    const id = await this.tmux('new-session', '-d', '-P', '-F', '#{pane_id}', ...size, '-c', REPOSITORY, ...shell);
    return new Pane(this, id.trim());
  }

  async close(): Promise<void> {
    await this.tmux('kill-server').catch(() => {});
  }

  async tmux(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args]);
    return stdout;
  }
}

class Pane {
  readonly #server: Tmux;
  readonly #id: string;

  constructor(server: Tmux, id: string) {
    this.#server = server;
    this.#id = id;
  }

  /** Types characters as they are. */
  async type(text: string): Promise<void> {
    await this.#server.tmux('send-keys', '-t', this.#id, '-l', text);
  }

  /** Presses keys by tmux's names: `Enter`, `PageUp`, `C-c`, … */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#server.tmux('send-keys', '-t', this.#id, ...keys);
  }

  /** Types a line and Enter. */
  async enter(line: string): Promise<void> {
    await this.type(line);
    await this.press('Enter');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#server.tmux('resize-window', '-t', this.#id, '-x', String(columns), '-y', String(rows));
  }

  /** What is on the screen; rows that flow on are one line. */
  text(): Promise<string> {
    return this.#server.tmux('capture-pane', '-p', '-J', '-t', this.#id);
  }

  /** With everything that was scrolled away. */
  scrolledText(): Promise<string> {
    return this.#server.tmux('capture-pane', '-p', '-J', '-S', '-', '-t', this.#id);
  }
}
