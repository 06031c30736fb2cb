/** What is up: nodes, pods, where the services are reached, the memory that all of it takes. Exit code 5 when no clusters are up. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { fail } from '../../src/commands/fail.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { PlatformError } from '../../src/errors.ts';
import { builtHyper } from './hyper.ts';
import { clustersOf, NODE_PORTS, nodeAddress, nodesOf } from './layout.ts';
import { residentMegabytes } from './memory.ts';
import { kubeconfigFile, outerPid, readyFile } from './places.ts';
import { run } from './run.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

optionsOf(new Command('kubernetes:status').description('Says what is up, and where.'));
try {
  const pid = outerPid();
  const bin = builtHyper();
  if (pid === null || bin === null) throw new PlatformError('no clusters are up', { hint: 'npm run kubernetes:up' });
  if (!existsSync(readyFile())) throw new PlatformError('the clusters are starting', { hint: 'ask again in a moment' });
  const { nodes } = JSON.parse(readFileSync(readyFile(), 'utf8')) as { nodes: number };
  for (const cluster of clustersOf(nodes)) {
    const addresses = nodesOf(cluster).map(nodeAddress).join(' ');
    say(
      `${cluster.name}: nodes ${addresses}, CQL at port ${NODE_PORTS.cassandra}, Gremlin at port ${NODE_PORTS.janusgraph}`,
    );
    const kubectl = [join(bin, 'kubectl'), '--kubeconfig', kubeconfigFile(), '--context', cluster.name];
    say(
      await run([...kubectl, 'get', 'nodes,pods', '--all-namespaces', '--output', 'wide', '--request-timeout', '5s']),
    );
  }
  say(`memory of all processes: ${residentMegabytes(pid)} MB\nexport KUBECONFIG=${kubeconfigFile()} PATH=${bin}:$PATH`);
} catch (error) {
  process.exit(fail(error));
}
