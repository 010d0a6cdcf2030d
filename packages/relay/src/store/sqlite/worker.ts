/**
 * The thread of the store: opens the database, then answers batches of calls, each batch as one group.
 *
 * @module
 */

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { StoreError, type StoreLimits } from '../relay-store.ts';
import { Engine } from './engine.ts';
import type { Answer, Failure, Greeting, Group } from './operations.ts';
import { buffersOf } from './transfer.ts';
import { WorkFlag } from './work-flag.ts';

export interface WorkerInput {
  readonly path: string;
  readonly limits: StoreLimits;
  /** Of the {@link WorkFlag}. */
  readonly shared: SharedArrayBuffer;
}

const { path, limits, shared } = workerData as WorkerInput;
const port = parentPort as MessagePort;

const flag = new WorkFlag(shared);

flag.during(start);

function start(): void {
  try {
    const engine = new Engine(path, limits);
    port.on('message', (group: Group | 'close') => flag.during(() => work(engine, group)));
    port.postMessage({ ready: true } satisfies Greeting);
  } catch (error) {
    port.postMessage({ failure: failureOf(error) } satisfies Greeting);
  }
}

function work(engine: Engine, group: Group | 'close'): void {
  if (group === 'close') {
    engine.close();
    port.postMessage('closed');
  } else {
    const answers: Answer[] = engine.run(group.calls);
    port.postMessage(answers, buffersOf(answers));
    engine.tidy(group.bytes);
  }
}

function failureOf(error: unknown): Failure {
  const code = error instanceof StoreError ? error.code : 'UNAVAILABLE';
  return { code, message: error instanceof Error ? error.message : 'the database could not be opened' };
}
