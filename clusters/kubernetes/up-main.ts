/**
 * Three clusters with the workloads in them: `--nodes N` of each cluster (1), `--bare`: without the workloads, `--established keep`: a NetworkPolicy leaves
 * connections that are there alone, instead of cutting them.
 */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fail } from '../../src/commands/fail.ts';
import { InputError, PlatformError } from '../../src/errors.ts';
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

try {
  const { values } = parseArgs({
    options: {
      nodes: { type: 'string', default: '1' },
      bare: { type: 'boolean', default: false },
      established: { type: 'string', default: 'cut' },
    },
  });
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9)
    throw new InputError(`--nodes: expected 1 to 9, got ${values.nodes}`);
  const { established } = values;
  if (established !== 'cut' && established !== 'keep')
    throw new InputError(`--established: expected cut or keep, got ${established}`);
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
  if (!values.bare) await startWorkloads(clustersOf(nodes), bin, signal, say);
  process.stdout.write(`export KUBECONFIG=${kubeconfigFile()} PATH=${bin}:$PATH\n`);
} catch (error) {
  process.exit(fail(error));
}
