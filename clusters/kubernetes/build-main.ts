/** What the clusters are made of: the packages of this machine, Kubernetes from its modules, the images. */
import { Command } from 'commander';
import { fail } from '../../src/commands/fail.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { buildHyper } from './hyper.ts';
import { prepareImages } from './images.ts';
import { requirePackages, requireRoot } from './requirements.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const { fix } = optionsOf<{ fix: boolean }>(
  new Command('kubernetes:build')
    .description('Makes what the clusters are made of, and prints where it is.')
    .option('--fix', 'installs the packages that are missing', false),
);
try {
  requireRoot();
  await requirePackages(fix, say);
  const hyper = buildHyper(say);
  const store = await prepareImages(hyper, AbortSignal.timeout(3_600_000), say);
  process.stdout.write(`${hyper}\n${store}\n`);
} catch (error) {
  process.exit(fail(error));
}
