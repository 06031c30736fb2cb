/** What the clusters are made of: the packages of this machine, Kubernetes from its modules, the images. `--fix` installs what is missing. */
import { fail } from '../../src/commands/fail.ts';
import { buildHyper } from './hyper.ts';
import { prepareImages } from './images.ts';
import { requirePackages, requireRoot } from './requirements.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);
try {
  requireRoot();
  await requirePackages(process.argv.includes('--fix'), say);
  const hyper = buildHyper(say);
  const store = await prepareImages(hyper, AbortSignal.timeout(3_600_000), say);
  process.stdout.write(`${hyper}\n${store}\n`);
} catch (error) {
  process.exit(fail(error));
}
