import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startBeforeOthers } from '../src/client/precedence.ts';
import { REGISTRIES } from '../src/commands/registries.ts';
import type { EventData } from '../src/history/event.ts';
import { parseAttempt } from '../src/history/history-csv.ts';
import type { Platform } from '../src/platform/platform.ts';
import { cleanUp } from '../src/run/cleanup.ts';
import { createRunDirectory } from '../src/run/run-directory.ts';
import { healBefore, prepare } from '../src/run/runner.ts';
import { Session } from '../src/run/session.ts';
import { loadScenario } from '../src/scenario/load.ts';
import { OUTSIDE } from '../src/scenario/plan.ts';
import { resolvePlan } from '../src/scenario/resolve.ts';

/** One client at one rate, half of it writes, against a real server. */
export interface ClientFigures {
  readonly operations: number;
  readonly failures: number;
  readonly cpuUsPerOperation: number;
  readonly latenessP50Us: number;
  readonly latenessP99Us: number;
  readonly responseP95Us: number;
}

const NAIVE = fileURLToPath(new URL('./naive-client.ts', import.meta.url));

/** The harness's own client, as a run has it. `whileItRuns` is called once it works, and what it returns is waited for before it is stopped. */
export async function benchClient(
  probe: 'cql' | 'gremlin',
  platform: Platform,
  whileItRuns: () => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly rate: number; readonly figures: ClientFigures }> {
  const file = fileURLToPath(new URL(`./bench-${probe}.yaml`, import.meta.url));
  const loaded = await loadScenario(file, { registries: REGISTRIES, directory: '.' });
  const plan = resolvePlan({ loaded, platform: platform.facts(), ...REGISTRIES });
  const reports = mkdtempSync(join(tmpdir(), 'drill-bench-'));
  try {
    const directory = createRunDirectory(reports, plan, loaded.bytes, 'bench');
    const session = new Session(plan, directory, platform, () => {});
    await session.open();
    await healBefore(session);
    await prepare(session, signal);
    await session.clients.start(plan.timetables, (timetable, startUs) => session.live.of(timetable).start(startUs));
    await whileItRuns();
    await session.clients.stop(plan.timetables, signal);
    await session.clients[Symbol.asyncDispose]();
    await cleanUp(session, signal, 'what was written');
    await session.close('completed', '');
    return { rate: plan.timetables[0]?.rate as number, figures: figuresOf(directory.path) };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function figuresOf(directory: string): ClientFigures {
  const lines = (name: string): readonly string[] => readFileSync(join(directory, name), 'utf8').trim().split(/\r?\n/);
  const events = lines('journal.ndjson').map((line) => JSON.parse(line) as { type: string; data: EventData['client'] });
  const said = events.find(({ type }) => type === 'client')?.data;
  if (!said) throw new Error('the client did not say how it went');
  const rows = lines('history.csv').slice(1).map(parseAttempt);
  const times = rows.map((row) => (row.completedUs ?? 0) - row.intendedUs).sort((a, b) => a - b);
  return {
    operations: said.operations,
    failures: rows.filter(({ outcome }) => outcome !== 'ok').length,
    cpuUsPerOperation: Math.round(said.cpu_us / said.operations),
    latenessP50Us: said.lateness_us.p50,
    latenessP99Us: said.lateness_us.p99,
    responseP95Us: times[Math.ceil(0.95 * times.length) - 1] ?? 0,
  };
}

/** The peer, at the same rate against the same server. */
export async function benchNaive(
  probe: 'cql' | 'gremlin',
  platform: Platform,
  rate: number,
  seconds: number,
): Promise<ClientFigures> {
  const [site] = platform.facts().sites;
  const endpoint = site?.endpoints[probe === 'cql' ? 'cassandra' : 'janusgraph'][0];
  if (!site || !endpoint) throw new Error('the platform has no such server');
  const target = [endpoint.host, String(endpoint.port), site.datacenter, String(rate), String(seconds)];
  const command = [...platform.place(OUTSIDE), process.execPath, NAIVE, probe, ...target];
  // As the harness starts its own clients.
  const child = startBeforeOthers(() =>
    spawn(command[0] as string, command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'], detached: true }),
  );
  return JSON.parse(await text(child.stdout)) as ClientFigures;
}
