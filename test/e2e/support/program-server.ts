import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { addressOf, type LocalConfig, loadLocalConfig, withComponents } from '../../../src/platform/local/config.ts';
import { fetchClasses } from '../../../src/platform/local/fetch-classes.ts';
import { KINDS } from '../../../src/platform/local/kinds.ts';
import { portOf } from '../../../src/platform/local/places.ts';
import { untilServing } from '../../../src/platform/local/serving.ts';
import type { PlannedSite } from '../../../src/scenario/plan.ts';

export interface ProgramServer extends AsyncDisposable {
  readonly site: PlannedSite;
  /** Its process gets the signal. */
  signal(name: NodeJS.Signals): void;
  /** Kills it, and resolves once it is gone. */
  kill(): Promise<void>;
  /** Starts it, on what it had stored; resolves once it serves. */
  start(): Promise<void>;
}

/** A real server of a package on loopback, as the local platform starts it, but in no namespace. It is not started yet. */
export async function programServer(
  component: 'redis',
  directory: string,
  signal: AbortSignal,
): Promise<ProgramServer> {
  const config: LocalConfig = {
    ...withComponents(loadLocalConfig(), [component]),
    sites: [{ name: 'paris', datacenter: 'paris-dc' }],
    network: '127.78.0.0/16',
  };
  const classes = { ...(await fetchClasses(component, '', signal, () => {})), archive: [] };
  const home = join(directory, `paris-${component}-0`);
  const { program = '', args } = KINDS[component].command({ config, site: 0, node: 0, directory: home }, classes);
  const host = addressOf(config, 0);
  const port = portOf(config, component);
  let child: ChildProcess | null = null;
  async function start(): Promise<void> {
    const started = spawn(program, args, { cwd: home, stdio: 'ignore' });
    child = started;
    const died = once(started, 'exit').then(() => Promise.reject(new Error(`${component} ended: ${home}`)));
    died.catch(() => {});
    const over = new AbortController();
    try {
      await Promise.race([untilServing(component, host, port, AbortSignal.any([signal, over.signal])), died]);
    } finally {
      over.abort();
    }
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  return {
    site: { name: 'paris', datacenter: 'paris-dc', endpoints: { [component]: [{ host, port }] } },
    signal: (name) => void child?.kill(name),
    kill,
    start,
    [Symbol.asyncDispose]: kill,
  };
}
