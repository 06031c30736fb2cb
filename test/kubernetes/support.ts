import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseDocument } from 'yaml';
import { kubeconfigFile } from '../../clusters/kubernetes/places.ts';
import { type Report, reportSchema } from '../../src/check/report-schema.ts';

export const PLATFORM = 'clusters/kubernetes/platform.yaml';

export interface Ended {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a program of the project with the clusters' kubeconfig; `onText`: as it prints. */
export function node(args: readonly string[], onText: (text: string, pid: number) => void = () => {}): Promise<Ended> {
  const env = { ...process.env, KUBECONFIG: kubeconfigFile() };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk;
        onText(text, child.pid as number);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

export function drill(...args: readonly string[]): Promise<Ended> {
  return node(['src/cli.ts', ...args]);
}

/** A shipped scenario with other values at some paths: as it is, but for less work to read everything back. */
export function changed(
  scenario: string,
  changes: Readonly<Record<string, unknown>>,
): { file: string; reports: string } {
  const reports = mkdtempSync(join(tmpdir(), 'drill-kubernetes-'));
  onTestFinished(() => rmSync(reports, { recursive: true, force: true }));
  const document = parseDocument(readFileSync(join('scenarios', scenario), 'utf8'));
  for (const [path, value] of Object.entries(changes)) document.setIn(path.split('.').map(keyOf), value);
  const file = join(reports, basename(scenario));
  writeFileSync(file, String(document));
  return { file, reports };
}

function keyOf(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

/** What a run left in a directory of reports. An Error with what was printed where it left no report. */
export function reportIn(reports: string, name: string, printed: string): { directory: string; report: Report } {
  const all = join(reports, name);
  const directory = existsSync(all) ? join(all, readdirSync(all).toSorted().at(-1) as string) : '';
  const file = join(directory, 'report.json');
  if (directory === '' || !existsSync(file)) throw new Error(`no report:\n${printed}`);
  return { directory, report: reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) };
}
