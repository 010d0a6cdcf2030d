/** What a device told so far, to be waited for; it runs in pages too. */

import type { DeviceEvent } from '../../src/index.ts';

export class Told {
  readonly #events: DeviceEvent[] = [];
  readonly #waiting = new Set<(event: DeviceEvent) => void>();

  /** To be subscribed. */
  readonly listen = (event: DeviceEvent): void => {
    this.#events.push(event);
    for (const look of this.#waiting) {
      look(event);
    }
  };

  /** What `find` makes of the first event, earlier ones too, of which it makes something. */
  first<T>(find: (event: DeviceEvent) => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = (event: DeviceEvent) => {
        const found = find(event);
        if (found !== undefined) {
          this.#waiting.delete(look);
          resolve(found);
        }
      };
      this.#waiting.add(look);
      this.#events.forEach(look);
    });
  }

  /** The first event of a type; of one message if `n` is given. */
  event<T extends DeviceEvent['type']>(type: T, n?: number): Promise<Extract<DeviceEvent, { type: T }>> {
    return this.first((event) => {
      const isIt = event.type === type && (n === undefined || ('n' in event && event.n === n));
      return isIt ? (event as Extract<DeviceEvent, { type: T }>) : undefined;
    });
  }

  /** The number of the first message of theirs that is of a kind. */
  theirs(kind: 'text' | 'file'): Promise<number> {
    return this.first((event) =>
      event.type === 'message' && event.message.from === 'them' && event.message.kind === kind
        ? event.message.n
        : undefined,
    );
  }
}
