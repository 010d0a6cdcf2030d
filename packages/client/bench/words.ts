/** What the benchmark and its devices tell each other. */

/** To a device. Times are those of `process.hrtime`, which all processes of a machine share. */
export type Order =
  | { readonly do: 'invite' }
  | { readonly do: 'join'; readonly link: string }
  /** Sends one after another, each when the other side has shown the one before. */
  | { readonly do: 'send'; readonly text: string }
  /** Sends so many, as fast as the chat takes them. */
  | { readonly do: 'stream'; readonly count: number }
  | { readonly do: 'close' };

/** From a device. */
export type Word =
  | { readonly say: 'opened'; readonly ms: number; readonly rss: number; readonly heap: number }
  | { readonly say: 'link'; readonly link: string }
  | { readonly say: 'open' }
  | { readonly say: 'sent'; readonly at: number }
  | { readonly say: 'shown'; readonly at: number; readonly count: number };

export interface DeviceSettings {
  readonly folder: string;
  readonly relay: string;
  readonly name: string;
  /** Else a key file opens the store. */
  readonly passphrase?: string;
}
