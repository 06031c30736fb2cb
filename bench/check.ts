import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkRun } from '../src/check/check.ts';
import { generateRun } from './generate-history.ts';

/**
 * `node bench/check.ts [OPERATIONS] [WRITE_EVERY]`: checks one made-up history and prints its speed and peak memory, and beside it what it costs
 * only to read the same file line by line and split the lines. One size a process, because the peak is the process's.
 */
const operations = Number(process.argv[2] ?? 1_000_000);
const writeEvery = Number(process.argv[3] ?? 10);
const directory = mkdtempSync(join(tmpdir(), 'drill-bench-'));
try {
  await generateRun(directory, { operations, writeEvery });
  const megabytes = statSync(join(directory, 'history.csv')).size / 1e6;
  const peakBefore = process.resourceUsage().maxRSS;
  const started = process.hrtime.bigint();
  let cpu = cpuSince();
  const report = await checkRun(directory);
  const cpuSeconds = cpu();
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const peak = process.resourceUsage().maxRSS;
  cpu = cpuSince();
  const rows = await splitLines(join(directory, 'history.csv'));
  const splitCpuSeconds = cpu();
  process.stdout.write(
    `${JSON.stringify({
      operations,
      writeEvery,
      megabytes: Math.round(megabytes),
      seconds: Number(seconds.toFixed(2)),
      cpuSeconds: Number(cpuSeconds.toFixed(2)),
      operationsPerCpuSecond: Math.round(operations / cpuSeconds),
      splitRowsPerCpuSecond: Math.round(rows / splitCpuSeconds),
      peakBeforeMb: Math.round(peakBefore / 1024),
      peakMb: Math.round(peak / 1024),
      rto_us: report.views[0]?.rto.value_us,
      ledger: report.rpo[0]?.ledger,
      defects: report.run.defects,
    })}\n`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** A clock of the CPU seconds that this process uses from now on. */
function cpuSince(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

/** The naive peer: reads a file line by line and splits each line, and does nothing with it. Returns how many lines there are. */
async function splitLines(path: string): Promise<number> {
  let fields = 0;
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    fields += line.split(',').length;
    rows += 1;
  }
  if (fields <= rows) throw new Error(`${path}: lines without fields`);
  return rows;
}
