import { vi } from 'vitest';

/** Everything that was loaded anew, so that each of its secrets is counted. */
export interface Census {
  readonly api: typeof import('../../src/index.ts');
  readonly pair: typeof import('./session-pair.ts');
  readonly devices: typeof import('./device.ts');
  readonly dishonest: typeof import('./dishonest-sender.ts');
  /** Secrets that were made and not wiped yet, those inside key pairs too. */
  alive(): number;
}

/** Loads the package with a `Secret` that registers each instance at its birth. */
export async function takeCensus(): Promise<Census> {
  const born: { readonly wiped: boolean }[] = [];
  vi.resetModules();
  vi.doMock('../../src/secret.ts', async (importOriginal) => {
    const { Secret } = await importOriginal<typeof import('../../src/secret.ts')>();
    return {
      Secret: class Registered<Purpose extends string> extends Secret<Purpose> {
        constructor(bytes: Uint8Array) {
          super(bytes);
          born.push(this);
        }
        override clone(): Registered<Purpose> {
          return new Registered<Purpose>(this.expose().slice());
        }
      },
    };
  });
  const api = await import('../../src/index.ts');
  await api.ready;
  return {
    api,
    pair: await import('./session-pair.ts'),
    devices: await import('./device.ts'),
    dishonest: await import('./dishonest-sender.ts'),
    alive: () => born.filter(({ wiped }) => !wiped).length,
  };
}

/** Undoes {@link takeCensus} for what is loaded afterwards. */
export function endCensus(): void {
  vi.doUnmock('../../src/secret.ts');
  vi.resetModules();
}
