/**
 * Calls that their caller may give up.
 *
 * @module
 */

import { ClientError } from '../errors.ts';

/** @throws `ClientError` `ABORTED` if the caller has given up */
export function requireWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) {
    throw aborted(signal);
  }
}

/** As `work`, begun while it was wanted; or rejects with `ABORTED` as soon as `signal` says so; `work` goes on, and nobody waits for it. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(aborted(signal));
    const forget = () => signal.removeEventListener('abort', onAbort);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(forget);
  });
}

function aborted(signal: AbortSignal): ClientError {
  return new ClientError('ABORTED', 'the call was aborted', { cause: signal.reason });
}
