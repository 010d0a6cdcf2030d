/** A store in memory whose calls can be held back and counted. */

import { MemoryStore } from '../../src/store/memory-store.ts';
import type { RelayStore } from '../../src/store/relay-store.ts';

const LIMITS = {
  envelopesPerMailbox: 1000,
  bytesPerMailbox: 10_000_000,
  mailboxes: 1000,
  envelopeBytes: 100_000_000,
  cards: 10,
  prekeysPerCard: 200,
  pieceBytes: 10_000_000,
};

type Call = Exclude<keyof RelayStore, 'close' | 'failed'>;

export class Gate {
  /** Calls made, let through or not. */
  calls = 0;
  /** Calls made and not answered. */
  underWay = 0;
  mostUnderWay = 0;
  #wait: Promise<void> | undefined;
  #open = (): void => undefined;

  shut(): void {
    this.#wait = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#wait = undefined;
    this.#open();
  }

  async pass<Value>(call: () => Promise<Value>): Promise<Value> {
    this.calls++;
    this.underWay++;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.#wait;
      return await call();
    } finally {
      this.underWay--;
    }
  }
}

/** Every call of a name in `gates` goes through its gate. */
export function gatedStore(gates: Partial<Record<Call, Gate>>): RelayStore {
  return new Proxy<RelayStore>(new MemoryStore(LIMITS), {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') {
        return value;
      }
      const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      const gate = gates[name as Call];
      return gate === undefined ? call : (...args: unknown[]) => gate.pass(() => call(...args));
    },
  });
}
