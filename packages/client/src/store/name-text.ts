/**
 * Names as text: what a map can be keyed by.
 *
 * @module
 */

/** One character for each byte, so that texts sort as names do: byte by byte. */
export function nameText(name: Uint8Array): string {
  return String.fromCharCode(...name);
}

/** Undoes {@link nameText}. */
export function nameOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
