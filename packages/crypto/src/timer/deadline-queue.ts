/**
 * Deadlines by identifier, the earliest first: an indexed 4-ary heap.
 *
 * Made for a million timers: deadlines lie side by side in a typed array, four children share a cache line or two,
 * and moving an entry touches no map.
 *
 * Spec: docs/protocol/timers.md §8.
 *
 * @module
 */

import { CryptoError } from '../errors.ts';
import { requireTime } from './life-clock.ts';

/** `setTimeout` takes a signed 32-bit number of milliseconds; a longer delay would fire at once. */
export const MAX_DELAY_MS = 0x7fff_ffff;

const ARITY = 4;
const FIRST_CAPACITY = 64;

/** An identifier and its deadline, in milliseconds. */
export interface Deadline<Id> {
  readonly id: Id;
  readonly deadlineMs: number;
}

/**
 * A mutable queue; each change takes O(log n). The identifiers `1` and `'1'` are different.
 *
 * @example
 * ```ts
 * const queue = new DeadlineQueue<string>();
 * queue.set('message 1', 1_700_000_000_000);
 * queue.takeDue(1_700_000_000_000, 100); // ['message 1']
 * ```
 */
export class DeadlineQueue<Id extends string | number = string | number> {
  // An entry keeps its slot for life and moves through the heap:
  // #slots: id → slot, #ids: slot → id, #places: slot → place in the heap, #heap: place → slot.
  readonly #slots = new Map<Id, number>();
  readonly #ids: (Id | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  #places: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  #heap: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** By place. */
  #deadlines: Float64Array = new Float64Array(FIRST_CAPACITY);

  get size(): number {
    return this.#slots.size;
  }

  /**
   * Adds `id`, or moves it to another deadline.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` when `deadlineMs` is not finite
   */
  set(id: Id, deadlineMs: number): void {
    if (!Number.isFinite(deadlineMs)) {
      throw new CryptoError('INVALID_ARGUMENT', 'a deadline must be finite');
    }
    const slot = this.#slots.get(id);
    if (slot !== undefined) {
      this.#settle(slot, deadlineMs, this.#places[slot] as number);
      return;
    }
    const place = this.size;
    const newSlot = this.#freeSlots.pop() ?? place;
    this.#reserve(place + 1);
    this.#slots.set(id, newSlot);
    this.#ids[newSlot] = id;
    this.#settle(newSlot, deadlineMs, place);
  }

  /** True if `id` was there. */
  delete(id: Id): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) {
      return false;
    }
    this.#slots.delete(id);
    this.#ids[slot] = undefined;
    this.#freeSlots.push(slot);
    // The last entry fills the gap.
    const gap = this.#places[slot] as number;
    const last = this.size;
    if (gap !== last) {
      this.#settle(this.#heap[last] as number, this.#deadlines[last] as number, gap);
    }
    return true;
  }

  /** The earliest deadline, left in the queue. */
  next(): Deadline<Id> | undefined {
    return this.size === 0
      ? undefined
      : { id: this.#ids[this.#heap[0] as number] as Id, deadlineMs: this.#deadlines[0] as number };
  }

  /**
   * Removes and returns what is due at `nowMs` (deadline ≤ now), earliest first and at most `limit`, so that a long
   * backlog can be worked off in steps. Entries with equal deadlines come in any order.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` when `nowMs` is no time
   */
  takeDue(nowMs: number, limit: number): Id[] {
    requireTime(nowMs, 'now');
    const due: Id[] = [];
    while (due.length < limit) {
      const first = this.next();
      if (first === undefined || first.deadlineMs > nowMs) {
        break;
      }
      this.delete(first.id);
      due.push(first.id);
    }
    return due;
  }

  /**
   * Whole milliseconds until the next deadline, 0 to {@link MAX_DELAY_MS}: what to give to `setTimeout`, after which
   * the queue is asked again. `undefined` when it is empty.
   *
   * @throws {@link CryptoError} `INVALID_ARGUMENT` when `nowMs` is no time
   */
  delayUntilNext(nowMs: number): number | undefined {
    requireTime(nowMs, 'now');
    const first = this.next();
    return first === undefined ? undefined : Math.min(Math.max(0, Math.ceil(first.deadlineMs - nowMs)), MAX_DELAY_MS);
  }

  /** Puts an entry where it belongs, starting from `place`, which is free or its own. */
  #settle(slot: number, deadlineMs: number, place: number): void {
    this.#put(slot, deadlineMs, this.#sink(deadlineMs, this.#rise(deadlineMs, place)));
  }

  /** Moves later ancestors down; returns the place that became free. */
  #rise(deadlineMs: number, from: number): number {
    let place = from;
    while (place > 0) {
      const parent = Math.floor((place - 1) / ARITY);
      const parentDeadline = this.#deadlines[parent] as number;
      if (parentDeadline <= deadlineMs) {
        break;
      }
      this.#put(this.#heap[parent] as number, parentDeadline, place);
      place = parent;
    }
    return place;
  }

  /** Moves earlier descendants up; returns the place that became free. */
  #sink(deadlineMs: number, from: number): number {
    let place = from;
    for (;;) {
      const child = this.#earliestChild(place);
      if (child === undefined || (this.#deadlines[child] as number) >= deadlineMs) {
        return place;
      }
      this.#put(this.#heap[child] as number, this.#deadlines[child] as number, place);
      place = child;
    }
  }

  #earliestChild(place: number): number | undefined {
    const first = place * ARITY + 1;
    const end = Math.min(first + ARITY, this.size);
    if (first >= end) {
      return undefined;
    }
    let earliest = first;
    for (let child = first + 1; child < end; child++) {
      if ((this.#deadlines[child] as number) < (this.#deadlines[earliest] as number)) {
        earliest = child;
      }
    }
    return earliest;
  }

  #put(slot: number, deadlineMs: number, place: number): void {
    this.#heap[place] = slot;
    this.#deadlines[place] = deadlineMs;
    this.#places[slot] = place;
  }

  /** Doubles the arrays when they are full. */
  #reserve(count: number): void {
    if (count <= this.#heap.length) {
      return;
    }
    const capacity = this.#heap.length * 2;
    this.#heap = copyInto(new Uint32Array(capacity), this.#heap);
    this.#places = copyInto(new Uint32Array(capacity), this.#places);
    this.#deadlines = copyInto(new Float64Array(capacity), this.#deadlines);
  }
}

function copyInto<T extends Uint32Array | Float64Array>(target: T, source: T): T {
  target.set(source);
  return target;
}
