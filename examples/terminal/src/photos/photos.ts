/**
 * Photos that arrived, made visible.
 *
 * @module
 */

/** A picture, row by row: four bytes a pixel, red, green, blue and how opaque it is. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A photo as it can be shown. */
export interface Picture extends Pixels {
  /** The same with more pixels, as a PNG that was made here: for terminals that draw pictures themselves. */
  readonly png?: Uint8Array;
}

/** What reads the formats of photos. */
export interface PhotoReader {
  /** Rejects what is no photo, or too large a one. @param withPng whether the terminal draws pictures itself */
  read(bytes: Uint8Array, withPng: boolean): Promise<Picture>;
}

/** Loads it when it is needed first; `undefined` where it is not installed. */
export interface Photos {
  load(): Promise<PhotoReader | undefined>;
}
