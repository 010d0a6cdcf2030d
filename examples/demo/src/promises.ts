/**
 * The promises of docs/promises.md in a few words, and what of each this story does not show.
 *
 * @module
 */

export type PromiseId =
  | ('P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'P9' | 'P10')
  | ('P11' | 'P12' | 'P13' | 'P14' | 'P15' | 'P16' | 'P17' | 'P18' | 'P19' | 'P20');

interface Promised {
  readonly says: string;
  /** What a test shows and this story does not. */
  readonly elsewhere?: string;
}

/** In their order. Files are in packages/client/test/promises. */
export const PROMISES: Readonly<Record<PromiseId, Promised>> = {
  P1: { says: 'only the two devices hold keys' },
  P2: { says: 'what the relay holds looks like random bytes of a few sizes' },
  P3: { says: 'an envelope is kept until it is acknowledged' },
  P4: { says: 'no logs' },
  P5: { says: 'a chat lives on its device', elsewhere: 'old copies that run: devices.test.ts' },
  P6: { says: 'files are encrypted before they go up' },
  P7: { says: 'pieces of files cannot be matched' },
  P8: { says: 'the relay purges what expired', elsewhere: 'at its start: keeping.test.ts' },
  P9: { says: 'deleting, clearing and ending reach the other device' },
  P10: { says: 'messages destroy themselves, on both devices' },
  P11: { says: 'media with a short timer is hidden until viewed', elsewhere: 'blurred previews: messages.test.ts' },
  P12: { says: 'one check: the relay has it; two: it was read' },
  P13: { says: 'what is not used for 6 months deletes itself', elsewhere: 'other periods: keeping.test.ts' },
  P14: { says: 'an account can be deleted', elsewhere: 'interrupted: people.test.ts' },
  P15: { says: 'a copy of all that the relay stores' },
  P16: { says: 'no number, no mail, no real name', elsewhere: 'that a nickname sends nothing: people.test.ts' },
  P17: { says: 'the relay stores only what it needs', elsewhere: 'its tables and its limits: keeping.test.ts' },
  P18: { says: 'stolen disks hold ciphertext and hashes' },
  P19: { says: 'strangers can be kept out' },
  P20: { says: 'two people can check that nobody sits between', elsewhere: 'somebody between: devices.test.ts' },
};
