import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { sha256Hex } from '../history/chain.ts';
import type { Phase } from '../history/event.ts';
import { readJournal } from '../history/read-journal.ts';
import { loaded, REGISTRIES } from '../scenario/fixtures.ts';
import type { Plan } from '../scenario/plan.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { registeredRuns } from './run-register.ts';
import { type RunOptions, type RunResult, runPlan } from './runner.ts';
import { SitesPlatform } from './testing-sites.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const SCRIPTS = { client: script('./testing-client-main.ts'), reader: script('./testing-reader-main.ts') };

export interface Ran {
  readonly result: RunResult;
  readonly platform: SitesPlatform;
  readonly plan: Plan;
  readonly events: ReturnType<typeof readJournal>['events'];
}

export interface TestRun
  extends Partial<Pick<RunOptions, 'onSession' | 'limits' | 'anchoring' | 'operators' | 'patienceMs'>> {
  readonly scenario: string;
  /** Of random picks. */
  readonly seed?: number;
  readonly prepare?: (platform: SitesPlatform) => unknown;
  /** At each phase, with what it may break. */
  readonly during?: (phase: Phase, platform: SitesPlatform, interrupt: AbortController) => unknown;
  /** At each line of progress. */
  readonly told?: (text: string, interrupt: AbortController) => unknown;
}

/** Where the runs of a test file go: a directory that is removed at the end. */
export class TestReports {
  readonly directory = mkdtempSync(join(tmpdir(), 'drill-runs-'));

  /** Runs a scenario to its end on a platform of its own, and reads its journal, which must be whole. */
  async run({ scenario, seed, prepare, during, told, onSession, limits, ...more }: TestRun): Promise<Ran> {
    await using platform = await SitesPlatform.start();
    prepare?.(platform);
    const interrupt = new AbortController();
    const from = loaded(scenario);
    const honest = { ...from, sha256: sha256Hex(from.bytes) };
    const register = join(this.directory, 'register');
    const options = seed === undefined ? {} : { options: { seed } };
    const plan = resolvePlan({ loaded: honest, platform: platform.facts(), ...REGISTRIES, ...options });
    const result = await runPlan({
      plan,
      scenarioBytes: from.bytes,
      platform,
      reports: this.directory,
      signal: interrupt.signal,
      onProgress({ phase, text }) {
        if (phase) during?.(phase, platform, interrupt);
        told?.(text, interrupt);
      },
      onSession: onSession ?? (() => {}),
      programs: SCRIPTS,
      limits: { lever: join(this.directory, 'no-lever'), untilMs: null, ...limits },
      authorisation: null,
      register,
      ...more,
    });
    expect(registeredRuns(register).map((begun) => begun.directory)).toContain(result.directory);
    const at = (name: string): string => join(result.directory, name);
    const journal = readJournal(at('journal.ndjson'), readFileSync(at('intent.json')));
    expect([journal.torn, journal.defects]).toEqual([false, []]);
    return { result, platform, plan, events: journal.events };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** What must be true however a run ends: nothing in force, every process up, the record closed. */
export function expectHealed({ platform, events, result }: Ran): void {
  expect(result.left).toEqual([]);
  expect([...platform.registered]).toEqual([]);
  expect(platform.states.filter(({ state }) => state !== 'ready')).toEqual([]);
  expect(platform.locked).toBe(false);
  expect(events.at(-1)?.type).toBe('run-ended');
}

/** When each write was acknowledged, by key, from the file and by nothing that the checker uses. */
export function acknowledgedKeys(directory: string): ReadonlyMap<string, number> {
  const [header = '', ...lines] = readFileSync(join(directory, 'history.csv'), 'utf8').trimEnd().split('\r\n');
  const columns = header.split(',');
  const at = (name: string): number => columns.indexOf(name);
  const rows = lines.map((line) => line.split(','));
  return new Map(
    rows
      .filter((row) => row[at('f')] === 'write' && row[at('outcome')] === 'ok')
      .map((row) => [row[at('key')] as string, Number(row[at('completed_us')])]),
  );
}
