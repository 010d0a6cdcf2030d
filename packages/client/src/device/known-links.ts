/**
 * The links of a device, with what they tell: every relay in use, and how each stands.
 *
 * @module
 */

import type { LinkState, RelayLink, RelayLinks } from '../link/relay-link.ts';

export class KnownLinks implements RelayLinks {
  readonly #links: RelayLinks;
  readonly #tell: (relay: string, link: LinkState) => void;
  readonly #known = new Map<string, RelayLink>();

  constructor(links: RelayLinks, tell: (relay: string, link: LinkState) => void) {
    this.#links = links;
    this.#tell = tell;
  }

  get(origin: string): RelayLink {
    const known = this.#known.get(origin);
    if (known !== undefined) {
      return known;
    }
    const link = this.#links.get(origin);
    this.#known.set(origin, link);
    link.onState((state) => this.#tell(origin, state));
    return link;
  }

  get all(): readonly RelayLink[] {
    return [...this.#known.values()];
  }

  close(): Promise<void> {
    return this.#links.close();
  }
}
