/**
 * Photos: made smaller and freed of what a camera adds before they are sent, and made visible where they arrive.
 *
 * @module
 */

/** A picture, row by row: four bytes a pixel, red, green, blue and how opaque it is. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A photo that can be sent. */
export interface EncodedPhoto {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** Of its name, with the dot. */
  readonly extension: string;
  readonly width: number;
  readonly height: number;
  /** ThumbHash. */
  readonly preview: Uint8Array;
}

/** What works with the formats of photos. */
export interface PhotoCodec {
  /** Without place, time, camera and the like. Rejects what is no photo. */
  encode(bytes: Uint8Array): Promise<EncodedPhoto>;
  /** At most `side` pixels wide and high. Rejects what is no photo. */
  decode(bytes: Uint8Array, side: number): Promise<Pixels>;
}

/** Loads it when it is needed first; `undefined` where it is not installed. */
export interface Photos {
  load(): Promise<PhotoCodec | undefined>;
}
