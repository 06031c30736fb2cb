/** `npm run calibrate`: the harness measured against known truth on the real platform. Writes `calibration.md`; exit code 1 when one trial is wrong. */
import { writeFileSync } from 'node:fs';
import { print } from '../commands/context.ts';
import { platformFor } from '../commands/run.ts';
import type { Finding } from './compare.ts';
import { disturbances } from './disturbances.ts';
import { nothingRuns } from './nothing-runs.ts';

const TRIALS = Number(process.env.DRILL_TRIALS ?? 20);

const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.on('SIGTERM', () => interrupt.abort(new Error('interrupted')));

const findings: Finding[] = [];
await calibrate(interrupt.signal);
const wrong = findings.filter(({ right }) => !right);
print(`${findings.length} trials, ${wrong.length} wrong; calibration.md is written`);
process.exit(wrong.length === 0 ? 0 : 1);

async function calibrate(signal: AbortSignal): Promise<void> {
  await using platform = await platformFor({}, signal);
  add(await disturbances(platform, TRIALS, signal));
  add(await nothingRuns(platform, TRIALS, signal));
}

/** The table is written after each part, so that one that is broken off leaves what it found. */
function add(found: readonly Finding[]): void {
  findings.push(...found);
  for (const { trial, truth, measured, right } of found)
    if (!right) print(`wrong: ${trial}, truth ${truth}: ${measured}`);
  const table = render(findings);
  writeFileSync('calibration.md', table);
  print(table);
}

function render(all: readonly Finding[]): string {
  const kinds = [...new Set(all.map(({ trial }) => trial))];
  const lines = kinds.map((kind) => {
    const mine = all.filter(({ trial }) => trial === kind);
    const right = mine.filter((one) => one.right).length;
    const worst = mine.find((one) => !one.right) ?? mine.toSorted((a, b) => (b.off ?? 0) - (a.off ?? 0))[0];
    return `| ${kind} | ${mine.length} | ${right} | truth ${worst?.truth}: ${worst?.measured} |`;
  });
  return `| trial | n | right | the worst of them |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}
