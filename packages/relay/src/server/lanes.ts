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
  kind: string;
  /** Everything before the run of tasks of the present kind. */
  before: Promise<unknown> | undefined;
  /** The tasks of the present kind. */
  present: Promise<unknown>;
  pending: number;
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  /**
   * Runs `task` after every earlier task of another kind under the same name, in the order of calls within a kind.
   *
   * @param name of a mailbox or card
   * @param kind tasks of the same kind do not wait for each other; `undefined` waits for all
   */
  run<T>(name: string, kind: string | undefined, task: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(name);
    if (lane === undefined) {
      return this.#start(name, kind, task);
    }
    if (kind === undefined || lane.kind !== kind) {
      lane.before = both(lane.before, lane.present);
      lane.present = Promise.resolve();
      lane.kind = kind ?? '';
    }
    const result = lane.before === undefined ? task() : lane.before.then(task);
    lane.present = both(lane.present, this.#settle(name, lane, result));
    return result;
  }

  get size(): number {
    return this.#lanes.size;
  }

  #start<T>(name: string, kind: string | undefined, task: () => Promise<T>): Promise<T> {
    const lane: Lane = { kind: kind ?? '', before: undefined, present: Promise.resolve(), pending: 0 };
    this.#lanes.set(name, lane);
    const result = task();
    lane.present = this.#settle(name, lane, result);
    return result;
  }

  #settle(name: string, lane: Lane, result: Promise<unknown>): Promise<void> {
    lane.pending++;
    const settled = () => {
      lane.pending--;
      if (lane.pending === 0) {
        this.#lanes.delete(name);
      }
    };
    return result.then(settled, settled);
  }
}

function both(a: Promise<unknown> | undefined, b: Promise<unknown>): Promise<unknown> {
  return a === undefined ? b : Promise.all([a, b]);
}
