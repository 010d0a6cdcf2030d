/** `npm run bench`: runs the benchmarks one after the other, prints a table, and writes JSON where asked. */

import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { ready } from '../src/index.ts';
import { type Benchmark, type Measurement, measure } from './benchmark.ts';
import { file } from './file.ts';
import { primitives } from './primitives.ts';
import { session } from './session.ts';
import { timer } from './timer.ts';

const benchmarks: readonly Benchmark[] = [...session, ...file, ...timer, ...primitives];

const HELP = `usage: npm run bench -- [options] [name …]

Runs the benchmarks whose name contains one of the names given; all without a name.

  --json <file>   writes [{name, unit, median, p99, opsPerSecond, bytes}] too;
                  unit is that of median and p99, bytes are those of one call
  --quick         far fewer calls: to see that everything runs, not how fast
  --help

Names: ${benchmarks.map(({ name }) => name).join(' ')}
`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { json: { type: 'string' }, quick: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = benchmarks.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (chosen.length === 0) {
    process.stderr.write(`no benchmark has ${positionals.join(' or ')} in its name\n`);
    return 2;
  }
  await ready;
  process.stdout.write(`Node ${process.versions.node}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}\n\n`);
  const width = Math.max(...chosen.map(({ name }) => name.length));
  process.stdout.write(row(width, ['name', 'median', 'p99', 'ops/s', 'bytes', 'MB/s']));
  const measurements: Measurement[] = [];
  for (const benchmark of chosen) {
    const measurement = await measure(benchmark, values.quick);
    measurements.push(measurement);
    process.stdout.write(row(width, cells(measurement)));
  }
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify(measurements, undefined, 2)}\n`);
  }
  return 0;
}

function cells({ name, unit, median, p99, opsPerSecond, bytes }: Measurement): string[] {
  const throughput = (bytes * opsPerSecond) / 1e6;
  return [
    name,
    `${figure(median)} ${unit}`,
    `${figure(p99)} ${unit}`,
    figure(opsPerSecond),
    bytes === 0 ? '' : String(bytes),
    bytes === 0 ? '' : figure(throughput),
  ];
}

/** Three digits that mean something, and no more. */
function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function row(nameWidth: number, [name = '', ...rest]: readonly string[]): string {
  return `${[name.padEnd(nameWidth), ...rest.map((cell) => cell.padStart(12))].join('')}\n`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
