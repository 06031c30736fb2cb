import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { startBeforeOthers } from '../../src/client/precedence.ts';
import { messageOf } from '../../src/errors.ts';
import { cpuOfCommands, cpuOfTree } from './cpu.ts';
import type { Generator, Load } from './generators.ts';

/** What a generator says of itself at its end. */
const said = z.object({
  operations: z.int().positive(),
  /** Answered wrongly or not at all. */
  notOk: z.int().nonnegative(),
  /** Not begun at all. */
  dropped: z.int().nonnegative().default(0),
  latenessP50Us: z.number(),
  latenessP99Us: z.number(),
  /** Of the harness's probe: what its client process takes of it by its own account. */
  clientCpuUs: z.number().optional(),
});

export interface Figures extends z.infer<typeof said> {
  /** Of the generator's processes, an operation, in µs. */
  readonly cpuUs: number;
  /** Of the databases' processes, an operation, in µs. */
  readonly serverCpuUs: number;
}

/** The main classes of the platform's databases. */
const SERVERS = ['org.apache.cassandra.service.CassandraDaemon', 'org.janusgraph.graphdb.server.JanusGraphServer'];

interface Cpu {
  readonly own: number;
  readonly servers: number;
}

/**
 * Runs a generator and measures the CPU of its processes, those that started it and what they started included, from its `begin` for `seconds`. An Error names
 * the generator and what it said last, when it fails, says nothing that is understood, or ended before the time was over.
 */
export async function measure(generator: Generator, load: Load, signal: AbortSignal): Promise<Figures> {
  const [file = '', ...args] = generator.command(load);
  const env = { ...process.env, ...generator.env(load) };
  // All alike: the harness starts its own clients so.
  const child = startBeforeOthers(() =>
    spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env, signal, detached: true }),
  );
  const root = child.pid ?? 0;
  const look = (): Cpu => ({ own: cpuOfTree(root), servers: cpuOfCommands(SERVERS) });
  const lines: string[] = [];
  let used: Cpu | null = null;
  let over: NodeJS.Timeout | undefined;
  const hear = (line: string): void => {
    lines.push(line);
    if (line !== 'begin') return;
    const before = look();
    over = setTimeout(() => {
      if (child.exitCode !== null) return;
      const after = look();
      used = { own: after.own - before.own, servers: after.servers - before.servers };
    }, load.seconds * 1000);
  };
  createInterface({ input: child.stdout }).on('line', hear);
  createInterface({ input: child.stderr }).on('line', hear);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearTimeout(over));
  const wrong = (why: string, cause?: unknown): Error =>
    new Error(`${generator.name}: ${why}; it said: ${lines.slice(-8).join(' | ').slice(-1500)}`, { cause });
  if (code !== 0) throw wrong(`ended with ${code}`);
  const { own, servers } = (used as Cpu | null) ?? fail(wrong('ended before its time was over, or never began'));
  try {
    const answer = said.parse(translated(JSON.parse(lines.findLast((line) => line.startsWith('{')) ?? '')));
    return { ...answer, cpuUs: own / answer.operations, serverCpuUs: servers / answer.operations };
  } catch (error) {
    throw wrong(`its figures are not understood: ${messageOf(error)}`, error);
  }
}

function fail(error: Error): never {
  throw error;
}

/** bench/naive-client.ts has another word for it. */
function translated(figures: Record<string, unknown>): Record<string, unknown> {
  return 'failures' in figures ? { ...figures, notOk: figures.failures } : figures;
}
