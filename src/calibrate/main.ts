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

const findings = await calibrate(interrupt.signal);
const table = render(findings);
writeFileSync('calibration.md', table);
print(table);
const wrong = findings.filter(({ right }) => !right).length;
print(`${findings.length} trials, ${wrong} wrong; calibration.md is written`);
process.exit(wrong === 0 ? 0 : 1);

async function calibrate(signal: AbortSignal): Promise<readonly Finding[]> {
  await using platform = await platformFor({}, signal);
  return [...(await disturbances(platform, TRIALS, signal)), ...(await nothingRuns(platform, TRIALS, signal))];
}

function render(all: readonly Finding[]): string {
  const kinds = [...new Set(all.map(({ trial }) => trial))];
  const lines = kinds.map((kind) => {
    const mine = all.filter(({ trial }) => trial === kind);
    const right = mine.filter((one) => one.right).length;
    const worst = mine.find((one) => !one.right) ?? mine.at(-1);
    return `| ${kind} | ${mine.length} | ${right} | truth ${worst?.truth}: ${worst?.measured} |`;
  });
  return `| trial | n | right | an example (a wrong one, if any) |\n|---|---|---|---|\n${lines.join('\n')}\n`;
}
