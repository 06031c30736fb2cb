import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { type Report, reportSchema } from '../../src/check/report-schema.ts';

/** The main job as its user runs it: the command line, the real platform, one run; the tests below look at what it left. */
const reports = mkdtempSync(join(tmpdir(), 'drill-e2e-'));
let exitCode: number | null = null;
let output = '';
let run = '';
let report: Report;

/** The scenario as it is shipped, with what people declare beside it, and with fewer operations: so it takes fewer minutes to read everything back. */
function smallerScenario(): string {
  const scenario = parseDocument(readFileSync('scenarios/site/site-failover.yaml', 'utf8'));
  const changes: readonly [path: readonly string[], from: string, to: string][] = [
    [['services', 'ledger', 'rate'], '100/s', '50/s'],
    [['services', 'graph', 'rate'], '40/s', '25/s'],
    [['siteProbes', 'rate'], '5/s', '2/s'],
    // Five windows of 8 s, and a tenth more.
    [['steadyState', 'for'], '30s', '44s'],
    [['recovery', 'after'], '15s', '5s'],
  ];
  for (const [path, from, to] of changes) {
    expect(scenario.getIn(path), path.join('.')).toBe(from);
    scenario.setIn(path, to);
  }
  const file = join(reports, 'site-failover.yaml');
  writeFileSync(file, String(scenario));
  copyFileSync('scenarios/site/site-failover.drill.yaml', join(reports, 'site-failover.drill.yaml'));
  return file;
}

function drill(...args: string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['src/cli.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    child.on('close', (code) => resolve({ code, text }));
  });
}

beforeAll(async () => {
  ({ code: exitCode, text: output } = await drill('run', smallerScenario(), '--reports', reports));
  const directory = join(reports, 'site-failover');
  run = existsSync(directory) ? join(directory, readdirSync(directory)[0] as string) : '';
  if (!existsSync(join(run, 'report.json'))) throw new Error(`no report:\n${output}`);
  report = reportSchema.parse(JSON.parse(readFileSync(join(run, 'report.json'), 'utf8')));
});

afterAll(() => rmSync(reports, { recursive: true, force: true }));

test('the run went through, and its verdict is its exit code', () => {
  expect(report.run.outcome, output).toBe('completed');
  expect(exitCode).toBe({ pass: 0, fail: 1, unknown: 2 }[report.verdict]);
});

test('the loss of the site was observed, held, and observed to be gone', () => {
  const [fault] = report.faults;
  expect(fault?.effective).not.toBeNull();
  expect(fault?.lapsed).toEqual([]);
  expect(fault?.gone).not.toBeNull();
  expect(fault?.observations).toBeGreaterThan(5);
});

test('both services failed over to London, with an RTO that has bounds', () => {
  const services = report.views.filter((view) => view.service !== '');
  expect(services.map((view) => view.service).sort()).toEqual(['graph', 'ledger']);
  for (const view of services) {
    expect(view.bySite.london, view.service).toBeGreaterThan(100);
    expect(view.outages.length, view.service).toBeGreaterThan(0);
    const decided = view.clocks.find(({ clock }) => clock === 'failover decided');
    expect(decided?.at, view.service).not.toBeNull();
    if (view.rto.state === 'measured') expect(view.rto.value_us).toBeGreaterThan(0);
  }
});

test('every acknowledged write was read back at every stage', () => {
  const [all] = report.rpo;
  expect(all?.ledger).toBeGreaterThan(1000);
  for (const stage of ['at-failover', 'after-recovery', 'after-repair', 'after-failback']) {
    expect(
      report.readBack.some((read) => read.stage === stage),
      stage,
    ).toBe(true);
  }
  // How much is lost is the platform's to say; that nothing stayed unreadable is the harness's.
  if (!all?.lost || !all.lostInAll) throw new Error(`not measured: ${JSON.stringify(all)}`);
  expect(all.lost).toEqual({ lower: expect.any(Number), upper: all.lost.lower });
  expect(all.lostInAll).toEqual({ lower: expect.any(Number), upper: all.lostInAll.lower });
  expect(all.lostKeys.length + all.lostKeysOmitted).toBeGreaterThanOrEqual(all.lost.lower);
});

test('the instrument found its own outage and its own loss', () => {
  expect(report.canary.verdict, JSON.stringify(report.canary)).toBe('pass');
  expect(report.canary.proofs).toHaveLength(2);
});

test('check gives the same report to the byte, and verify finds the directory whole', async () => {
  const checked = await drill('check', run);
  expect(checked.text).toContain('the same to the byte');
  expect((await drill('verify', run)).code).toBe(0);
});
