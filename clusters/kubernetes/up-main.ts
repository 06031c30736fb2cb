/** `npm run kubernetes:up`: three clusters with the workloads in them. */
import { mkdirSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { fail } from '../../src/commands/fail.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { PlatformError } from '../../src/errors.ts';
import { takeDown } from './clean.ts';
import { buildHyper } from './hyper.ts';
import { prepareImages } from './images.ts';
import { clustersOf } from './layout.ts';
import { startOuter } from './outer.ts';
import { kubeconfigFile, outerPid, requireVisible, state } from './places.ts';
import { requirePackages, requireRoot } from './requirements.ts';
import { startWorkloads } from './workloads.ts';

const UP_MS = 1_800_000;
const began = Date.now();
const say = (line: string): void =>
  void process.stderr.write(`${((Date.now() - began) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);

const { nodes, bare, established } = optionsOf<{ nodes: number; bare: boolean; established: 'cut' | 'keep' }>(
  new Command('kubernetes:up')
    .description('Three clusters with the workloads in them.')
    .option('--nodes <n>', 'of each cluster, 1 to 9', nodesOfEach, 1)
    .option('--bare', 'without the workloads', false)
    .addOption(
      new Option('--established <what>', 'what a NetworkPolicy does with connections that are there')
        .choices(['cut', 'keep'])
        .default('cut'),
    ),
);
try {
  requireRoot();
  requireVisible();
  await requirePackages(false, say);
  if (outerPid() !== null) throw new PlatformError('the clusters are up already', { hint: 'npm run kubernetes:down' });
  const signal = AbortSignal.timeout(UP_MS);
  const bin = buildHyper(say);
  const store = await prepareImages(bin, signal, say);
  await takeDown();
  mkdirSync(state(), { recursive: true, mode: 0o700 });
  say('starting the clusters');
  await startOuter({ nodes, established, bin, store }, signal);
  say('every node is ready');
  if (!bare) await startWorkloads(clustersOf(nodes), bin, signal, say);
  process.stdout.write(`export KUBECONFIG=${kubeconfigFile()} PATH=${bin}:$PATH\n`);
} catch (error) {
  process.exit(fail(error));
}

function nodesOfEach(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 9) throw new InvalidArgumentError('expected 1 to 9');
  return n;
}
