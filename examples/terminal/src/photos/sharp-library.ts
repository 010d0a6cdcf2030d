/**
 * Where sharp is, which is there unless it could not be installed on this machine.
 *
 * @module
 */

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type sharp from 'sharp';

export type SharpLibrary = typeof sharp;

/** From the sources, and from the bundle that `npm start` makes of them (scripts/bundle.mjs), which is three folders deep. */
const BESIDE = ['.', '../../../examples/terminal/package.json'];

/** `undefined` if there is none. */
export async function findSharp(): Promise<SharpLibrary | undefined> {
  for (const place of BESIDE) {
    const found = await loaded(new URL(place, import.meta.url));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

async function loaded(from: URL): Promise<SharpLibrary | undefined> {
  try {
    // By its path: the bundle is elsewhere.
    const file = createRequire(from).resolve('sharp');
    return ((await import(pathToFileURL(file).href)) as { readonly default: SharpLibrary }).default;
  } catch {
    return undefined;
  }
}
