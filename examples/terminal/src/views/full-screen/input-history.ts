/**
 * What was typed before, to be typed again. It is kept in memory alone, and forgotten when messages are destroyed.
 *
 * @module
 */

const MAX_LINES = 100;

export class InputHistory {
  #lines: string[] = [];
  /** Where the user is in it; its length: at the text that is being typed. */
  #at = 0;
  #draft = '';

  add(line: string): void {
    this.#lines = [...this.#lines.filter((other) => other !== line), line].slice(-MAX_LINES);
    this.#at = this.#lines.length;
    this.#draft = '';
  }

  /** Forgets texts; commands stay. */
  forgetTexts(): void {
    this.#lines = this.#lines.filter((line) => /^\/[^/]/.test(line) && !line.startsWith('/reply'));
    this.#at = this.#lines.length;
    this.#draft = '';
  }

  /** The line before; `undefined` if there is none. */
  older(draft: string): string | undefined {
    if (this.#at === 0) {
      return undefined;
    }
    if (this.#at === this.#lines.length) {
      this.#draft = draft;
    }
    this.#at -= 1;
    return this.#lines[this.#at];
  }

  /** The line after, or what was being typed; `undefined` if the user is there already. */
  newer(): string | undefined {
    if (this.#at === this.#lines.length) {
      return undefined;
    }
    this.#at += 1;
    return this.#at === this.#lines.length ? this.#draft : this.#lines[this.#at];
  }
}
