/**
 * The way to the thread of the store. While a group is being committed, the calls that come meanwhile wait and make
 * the next one: that is the whole of group commit.
 *
 * @module
 */

import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { closedError } from '../arguments.ts';
import { StoreError, type StoreLimits } from '../relay-store.ts';
import type { Answer, Call, Failure, Greeting, Group, OperationName, Operations } from './operations.ts';
import { packed, sizeOf } from './transfer.ts';
import { WorkFlag } from './work-flag.ts';
import type { WorkerInput } from './worker.ts';

/** Groups handed over and not answered: one that is worked on, and one so that the thread need not wait for this one. */
const MAX_IN_FLIGHT = 2;
/** A group is no larger, so that those after it do not wait for long. One call always fits. */
const MAX_GROUP_CALLS = 512;
const MAX_GROUP_BYTES = 4 * 1024 * 1024;

interface Waiting {
  readonly call: Call;
  readonly size: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

export class WorkerLink {
  /** Resolves when the thread has died without being asked to: nothing starts another. */
  readonly failed: Promise<StoreError>;
  readonly #failed: Resolvers<StoreError> = withResolvers();
  readonly #worker: Worker;
  readonly #flag = new WorkFlag();
  readonly #exiting = (): void => this.#flag.stop();
  #waiting: Waiting[] = [];
  readonly #inFlight: (readonly Waiting[])[] = [];
  #isScheduled = false;
  #dead: StoreError | undefined;
  #closing: Resolvers<void> | undefined;

  /** @throws {@link StoreError} `LOCKED`, `FOREIGN` or `UNAVAILABLE` */
  static async start(path: string, limits: StoreLimits): Promise<WorkerLink> {
    const link = new WorkerLink(path, limits);
    try {
      await link.#greeting();
    } catch (error) {
      await link.#end();
      throw error;
    }
    return link;
  }

  private constructor(path: string, limits: StoreLimits) {
    const workerData: WorkerInput = { path, limits, shared: this.#flag.shared };
    this.failed = this.#failed.promise;
    this.#worker = new Worker(workerUrl(), { workerData, execArgv: conditions(), name: 'relay-store' });
    process.on('exit', this.#exiting);
    this.#worker.on('error', (error) => this.#die(`its thread failed: ${error.message}`));
    this.#worker.on('messageerror', () => this.#die('its thread sent what cannot be read'));
    this.#worker.on('exit', () => this.#die('its thread ended'));
  }

  /** Resolved once what it changed is durable. Calls take effect in the order in which they are made. */
  call<Name extends OperationName>(
    name: Name,
    ...values: Parameters<Operations[Name]>
  ): Promise<ReturnType<Operations[Name]>> {
    const refused = this.#closing === undefined ? this.#dead : closedError();
    if (refused !== undefined) {
      return Promise.reject(refused);
    }
    return new Promise((resolve, reject) => {
      const take = resolve as (value: unknown) => void;
      this.#waiting.push({ call: { name, values }, size: sizeOf(values), resolve: take, reject });
      this.#schedule();
    });
  }

  /** Finishes the calls made so far and ends the thread. */
  async close(): Promise<void> {
    if (this.#dead === undefined) {
      this.#closing ??= withResolvers();
      this.#send();
      await this.#closing.promise;
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    process.off('exit', this.#exiting);
    await this.#worker.terminate();
  }

  #greeting(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#inFlight.push([{ call: { name: 'totals', values: [] }, size: 0, resolve: () => undefined, reject }]);
      this.#worker.once('message', (greeting: Greeting) => {
        this.#inFlight.shift();
        this.#worker.on('message', (answers: readonly Answer[] | 'closed') => this.#receive(answers));
        if ('failure' in greeting) {
          this.#die(greeting.failure.message);
          reject(errorOf(greeting.failure));
        } else {
          resolve();
        }
      });
    });
  }

  /** Calls of the same turn make one group. */
  #schedule(): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => {
        this.#isScheduled = false;
        this.#send();
      });
    }
  }

  #send(): void {
    while (this.#waiting.length > 0 && this.#inFlight.length < MAX_IN_FLIGHT && this.#dead === undefined) {
      const group = this.#nextGroup();
      const { values, buffer } = packed(group.map(({ call }) => call));
      this.#inFlight.push(group);
      const message: Group = { calls: values, bytes: buffer.byteLength };
      this.#worker.postMessage(message, [buffer]);
    }
    if (this.#closing !== undefined && this.#waiting.length === 0 && this.#inFlight.length === 0) {
      this.#worker.postMessage('close');
    }
  }

  #nextGroup(): readonly Waiting[] {
    let bytes = 0;
    const tooMany = this.#waiting.findIndex(({ size }, i) => {
      bytes += size;
      return i > 0 && (i === MAX_GROUP_CALLS || bytes > MAX_GROUP_BYTES);
    });
    const group = this.#waiting.slice(0, tooMany === -1 ? undefined : tooMany);
    this.#waiting = this.#waiting.slice(group.length);
    return group;
  }

  #receive(answers: readonly Answer[] | 'closed'): void {
    if (answers === 'closed') {
      this.#closing?.resolve();
      return;
    }
    const group = this.#inFlight.shift() ?? [];
    this.#send();
    for (const [i, { resolve, reject }] of group.entries()) {
      const answer = answers[i] as Answer;
      if ('failure' in answer) {
        reject(errorOf(answer.failure));
      } else {
        resolve(answer.value);
      }
    }
  }

  #die(reason: string): void {
    process.off('exit', this.#exiting);
    if (this.#dead === undefined) {
      this.#dead = new StoreError('UNAVAILABLE', `the store cannot be used any more: ${reason}`);
      for (const { reject } of [...this.#inFlight.flat(), ...this.#waiting]) {
        reject(this.#dead);
      }
      this.#waiting = [];
      this.#inFlight.length = 0;
      if (this.#closing === undefined) {
        this.#failed.resolve(this.#dead);
      } else {
        this.#closing.resolve();
      }
    }
  }
}

interface Resolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function withResolvers<Value>(): Resolvers<Value> {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Beside this module: JavaScript in `dist`; in the sources, what makes TypeScript run in a thread. */
function workerUrl(): URL {
  return new URL(isSource() ? './worker-from-source.mjs' : './worker.js', import.meta.url);
}

/** Sources import the sources of other packages, whether or not those are built. */
function conditions(): string[] {
  return isSource() ? ['--conditions=@secret-chat/source'] : [];
}

function isSource(): boolean {
  return import.meta.url.endsWith('.ts');
}

function errorOf({ code, message }: Failure): StoreError {
  return new StoreError(code, message);
}
