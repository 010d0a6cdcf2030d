/**
 * Who may have mailboxes read: some subscriptions at a time, in turn among connections.
 *
 * What a read brings waits in memory until its connection takes it. Without turns, a client that subscribes to
 * thousands of full mailboxes, or to one again and again, would have all of it read at once: each small frame a
 * megabyte.
 *
 * Spec: docs/protocol/relay.md §4.4.
 *
 * @module
 */

/** In the whole relay: at a megabyte each (`pushBacklogBytes`) they stay within what any machine has. */
const MAX_READS = 64;
/** For one connection: enough that those of thousands of mailboxes share the store's groups. */
const MAX_READS_EACH = 8;

/** The reads of one connection. */
interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

export class ReadTurns {
  readonly #lines = new Map<object, Line>();
  /** Those with something that waits and may run, in the order of their turns. */
  readonly #ready = new Set<Line>();
  #running = 0;

  /** Runs `read` when it is the turn of `who`. */
  async run<T>(who: object, read: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(who) ?? { running: 0, waiting: [] };
    this.#lines.set(who, line);
    const turn = new Promise<void>((resolve) => line.waiting.push(resolve));
    this.#queue(line);
    this.#next();
    await turn;
    try {
      return await read();
    } finally {
      this.#running--;
      line.running--;
      this.#queue(line);
      if (line.running === 0 && line.waiting.length === 0) {
        this.#lines.delete(who);
      }
      this.#next();
    }
  }

  /** Connections that read or wait. */
  get size(): number {
    return this.#lines.size;
  }

  #queue(line: Line): void {
    if (line.waiting.length > 0 && line.running < MAX_READS_EACH) {
      this.#ready.add(line);
    }
  }

  #next(): void {
    for (const line of this.#ready) {
      if (this.#running === MAX_READS) {
        return;
      }
      this.#ready.delete(line);
      this.#running++;
      line.running++;
      line.waiting.shift()?.();
      // Behind the others; the loop comes to it again.
      this.#queue(line);
    }
  }
}
