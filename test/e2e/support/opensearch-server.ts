import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { snapshotsIn } from '../../../src/platform/local/backups/snapshot-store.ts';
import { addressOf, type LocalConfig, loadLocalConfig, withComponents } from '../../../src/platform/local/config.ts';
import { fetchClasses } from '../../../src/platform/local/fetch-classes.ts';
import { findJdk } from '../../../src/platform/local/jdk.ts';
import { KINDS } from '../../../src/platform/local/kinds.ts';
import { nodesOf, portOf } from '../../../src/platform/local/places.ts';
import { untilServing } from '../../../src/platform/local/serving.ts';
import type { PlannedSite } from '../../../src/scenario/plan.ts';

export interface OpensearchServer extends AsyncDisposable {
  readonly site: PlannedSite;
  /** Where its data is, and beside it that of snapshots. */
  readonly home: string;
  /** Its process gets the signal. */
  signal(name: NodeJS.Signals): void;
  /** Stops it where it is, and resolves once every thread of it stands: the signal alone reaches a busy one a little later. */
  pause(): Promise<void>;
  /** Starts it anew on what it had stored; resolves once it serves. */
  restart(): Promise<void>;
}

/** Of each thread its state (proc(5)). */
function threadsOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    return stat.charAt(stat.lastIndexOf(')') + 2);
  });
}

/** A real node of OpenSearch on loopback, as the local platform starts it, but in no namespace. */
export async function startOpensearch(directory: string, signal: AbortSignal): Promise<OpensearchServer> {
  const jdk = findJdk();
  if (!jdk) throw new Error('no JDK 17: npm run doctor -- --fix');
  const config: LocalConfig = {
    ...withComponents(loadLocalConfig(), ['opensearch']),
    sites: [{ name: 'paris', datacenter: 'paris-dc' }],
    network: '127.77.0.0/16',
  };
  const classes = { ...(await fetchClasses('opensearch', jdk.home, signal, () => {})), archive: [] };
  const home = join(directory, 'paris-opensearch-0');
  mkdirSync(snapshotsIn(directory), { recursive: true });
  const { args } = KINDS.opensearch.command({ config, site: 0, node: 0, directory: home }, classes);
  const host = addressOf(config, 0);
  const port = portOf(config, 'opensearch');
  let child: ChildProcess | null = null;
  async function start(): Promise<void> {
    const started = spawn(join(jdk?.home ?? '', 'bin/java'), args, { cwd: home, stdio: 'ignore' });
    child = started;
    const over = new AbortController();
    const died = once(started, 'exit').then(() => Promise.reject(new Error(`it ended: ${join(home, 'logs')}`)));
    died.catch(() => {});
    try {
      await Promise.race([untilServing('opensearch', host, port, AbortSignal.any([signal, over.signal])), died]);
    } finally {
      over.abort();
    }
  }
  async function stop(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await start();
  const opensearch = nodesOf(config, 'opensearch').map(() => ({ host, port }));
  return {
    site: { name: 'paris', datacenter: 'paris-dc', endpoints: { opensearch } },
    home,
    signal: (name) => void child?.kill(name),
    pause: async () => {
      child?.kill('SIGSTOP');
      while (child?.pid !== undefined && !threadsOf(child.pid).every((state) => state === 'T')) await sleep(5);
    },
    restart: async () => {
      await stop();
      await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}
