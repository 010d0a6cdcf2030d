import type { EnvelopeItem } from '../../src/store/relay-store.ts';
import { envelopeOf, NOW, WEEK } from './samples.ts';

/** Mailboxes of the program that is killed; from the last of them everything is acknowledged. */
export const BOXES = 3;

export function boxOf(i: number): number {
  return i % BOXES;
}

export function itemOf(i: number): EnvelopeItem {
  return envelopeOf(`box ${boxOf(i)}`, `victim ${i}`, NOW + WEEK);
}
