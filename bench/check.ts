import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRun } from '../src/check/check.ts';
import { generateRun } from './generate-history.ts';

/**
 * `node bench/check.ts [OPERATIONS] [WRITE_EVERY]`: checks one made-up history and prints its speed and peak memory. One size a process, because
 * the peak is the process's.
 */
const operations = Number(process.argv[2] ?? 1_000_000);
const writeEvery = Number(process.argv[3] ?? 10);
const directory = mkdtempSync(join(tmpdir(), 'drill-bench-'));
try {
  await generateRun(directory, { operations, writeEvery });
  const megabytes = statSync(join(directory, 'history.csv')).size / 1e6;
  const before = process.resourceUsage();
  const started = process.hrtime.bigint();
  const report = await checkRun(directory);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const after = process.resourceUsage();
  const cpuSeconds = (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
  process.stdout.write(
    `${JSON.stringify({
      operations,
      writeEvery,
      megabytes: Math.round(megabytes),
      seconds: Number(seconds.toFixed(2)),
      cpuSeconds: Number(cpuSeconds.toFixed(2)),
      operationsPerCpuSecond: Math.round(operations / cpuSeconds),
      peakBeforeMb: Math.round(before.maxRSS / 1024),
      peakMb: Math.round(after.maxRSS / 1024),
      rto_us: report.views[0]?.rto.value_us,
      ledger: report.rpo[0]?.ledger,
      defects: report.run.defects,
    })}\n`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
