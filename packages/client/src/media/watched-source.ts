/**
 * A source that may be silent for long, read by somebody who may give up.
 *
 * @module
 */

import { abortable, requireWanted } from '../link/abortable.ts';
import type { ByteStream } from './file.ts';

/**
 * The blocks of `source`. Once `signal` aborts, it ends with `ABORTED`, also while a block is waited for; the source is then told,
 * and not waited for.
 */
export async function* untilAborted(
  source: ByteStream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const blocks = 'getReader' in source ? iteratorOf(source) : source[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      requireWanted(signal);
      const { done, value } = await abortable(blocks.next(), signal);
      if (done === true) {
        isOver = true;
        return;
      }
      yield value;
    }
  } finally {
    const ended = isOver ? undefined : blocks.return?.();
    if (signal.aborted) {
      ended?.catch(() => {});
    } else {
      await ended;
    }
  }
}

/** Its own iterator would be told of an end only after the block that is waited for; and some platforms have none. */
function iteratorOf(stream: ReadableStream<Uint8Array>): AsyncIterator<Uint8Array> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
