/** What a benchmark is, and how one is measured. */

import { Bench } from 'tinybench';

/** One thing to measure. */
export interface Benchmark {
  readonly name: string;
  /** The unit of the figures of this benchmark, whichever reads best. */
  readonly unit: Unit;
  /** Bytes that one call works through, where that means something. */
  readonly bytes?: number;
  /** A call that takes long is made exactly so many times, instead of for a given time. */
  readonly calls?: number;
  /** Prepares everything that is not to be measured, and returns the call. */
  setup(): Call | Promise<Call>;
}

type Call = () => unknown;

type Unit = 'µs' | 'ms';

/** Figures of one benchmark, as `--json` writes them. */
export interface Measurement {
  readonly name: string;
  /** Unit of `median` and `p99`. */
  readonly unit: Unit;
  readonly median: number;
  readonly p99: number;
  readonly opsPerSecond: number;
  /** Bytes a call, 0 where that means nothing. */
  readonly bytes: number;
}

const PER_MILLISECOND: Readonly<Record<Unit, number>> = { µs: 1000, ms: 1 };

/** Long enough for a p99 of thousands of calls at 100 µs each. */
const TIME_MS = 1000;
const QUICK_TIME_MS = 50;

/** Measures one benchmark; `quick` trades accuracy for time. */
export async function measure(benchmark: Benchmark, quick: boolean): Promise<Measurement> {
  const call = await benchmark.setup();
  const time = quick ? QUICK_TIME_MS : TIME_MS;
  const bench = new Bench({
    throws: true,
    timestampProvider: 'hrtimeNow',
    ...(benchmark.calls === undefined
      ? { time, warmupTime: time / 4 }
      : { time: 0, iterations: quick ? 1 : benchmark.calls, warmupTime: 0, warmupIterations: quick ? 0 : 1 }),
  });
  bench.add(benchmark.name, call);
  const [task] = await bench.run();
  if (task?.result.state !== 'completed') {
    throw new Error(`${benchmark.name} did not complete`);
  }
  const { p50, p99, mean } = task.result.latency;
  const factor = PER_MILLISECOND[benchmark.unit];
  return {
    name: benchmark.name,
    unit: benchmark.unit,
    median: p50 * factor,
    p99: p99 * factor,
    opsPerSecond: 1000 / mean,
    bytes: benchmark.bytes ?? 0,
  };
}
