/**
 * Who waits for a file, or watches it come.
 *
 * @module
 */

import type { FileProgress } from './file.ts';

export interface Watcher {
  readonly progress?: ((progress: FileProgress) => void) | undefined;
  /** It is all there: fetched and verified, or on the relay. */
  readonly done?: () => void;
  readonly failed?: (error: unknown) => void;
}

export class Watchers {
  readonly #byFile = new Map<string, Set<Watcher>>();

  /** Returns what ends it. */
  add(file: string, watcher: Watcher): () => void {
    const watchers = this.#byFile.get(file) ?? new Set();
    this.#byFile.set(file, watchers);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#byFile.get(file) === watchers) {
        this.#byFile.delete(file);
      }
    };
  }

  progress(file: string, progress: FileProgress): void {
    for (const watcher of this.#byFile.get(file) ?? []) {
      try {
        watcher.progress?.(progress);
      } catch (error) {
        // As with events: the program's own mistake surfaces, and does not stop what called it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Nobody waits any more. */
  done(file: string): void {
    this.#end(file, (watcher) => watcher.done?.());
  }

  /** Those who wait are told; those who only watch go on. */
  failed(file: string, error: unknown): void {
    for (const watcher of [...(this.#byFile.get(file) ?? [])]) {
      watcher.failed?.(error);
    }
  }

  gone(file: string, error: unknown): void {
    this.#end(file, (watcher) => watcher.failed?.(error));
  }

  #end(file: string, tell: (watcher: Watcher) => void): void {
    const watchers = [...(this.#byFile.get(file) ?? [])];
    this.#byFile.delete(file);
    watchers.forEach(tell);
  }
}
