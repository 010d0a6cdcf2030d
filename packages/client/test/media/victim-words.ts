/** What a victim with files is told, and what it says: one JSON value a line. */

export interface MediaVictimSettings {
  readonly folder: string;
  readonly relay: string;
  readonly name: string;
  /** It joins with this. */
  readonly link?: string;
  /** It sends this file. */
  readonly source?: string;
}

export type MediaWord =
  | { readonly link: string }
  | { readonly begins: 'put' }
  | { readonly piece: 'stored' | 'there' | 'got' }
  /** The other side has all of it (`sent`), or the SHA-256 of what came; and how many files there are. */
  | { readonly done: string; readonly files: number }
  | { readonly failed: string };
