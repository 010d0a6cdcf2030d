/**
 * Order of effects: requests of one connection on one mailbox or card take effect as they were sent; others need not
 * wait for each other.
 *
 * Spec: docs/protocol/relay.md §3.2.
 *
 * @module
 */

/** Tasks of one kind follow each other without waiting, since the store keeps the order in which it is called. */
interface Lane {
  /** Of the tasks that are running. */
  kind: string | undefined;
  running: number;
  /** In order of their calls. Kept as a list, not as a chain of promises: that would hold all that ever ran. */
  readonly waiting: { readonly kind: string | undefined; readonly start: () => void }[];
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /**
   * Runs `task` after every earlier task of another kind under the same name, in the order of calls within a kind.
   *
   * @param name of a mailbox or card
   * @param kind tasks of the same kind do not wait for each other; `undefined` waits for all
   * @param task must not throw, but may reject
   */
  run<T>(name: string, kind: string | undefined, task: () => Promise<T>): Promise<T> {
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      lane = { kind, running: 0, waiting: [] };
      this.#lanes.set(name, lane);
    } else if (kind === undefined || kind !== lane.kind || lane.waiting.length > 0) {
      return this.#wait(name, lane, kind, task);
    }
    return this.#start(name, lane, task);
  }

  get size(): number {
    return this.#lanes.size;
  }

  #start<T>(name: string, lane: Lane, task: () => Promise<T>): Promise<T> {
    lane.running++;
    const result = task();
    const ended = () => this.#ended(name, lane);
    result.then(ended, ended);
    return result;
  }

  #wait<T>(name: string, lane: Lane, kind: string | undefined, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      lane.waiting.push({ kind, start: () => this.#start(name, lane, task).then(resolve, reject) });
    });
  }

  #ended(name: string, lane: Lane): void {
    lane.running--;
    if (lane.running > 0) {
      return;
    }
    const next = lane.waiting.shift();
    if (next === undefined) {
      this.#lanes.delete(name);
      return;
    }
    lane.kind = next.kind;
    next.start();
    while (lane.kind !== undefined && lane.waiting[0]?.kind === lane.kind) {
      lane.waiting.shift()?.start();
    }
  }
}
