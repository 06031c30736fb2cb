/** Gives the nodes that are up the harness as it is now: pods that start from then on run it. */
import { existsSync, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { fail } from '../../src/commands/fail.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { PlatformError } from '../../src/errors.ts';
import { harnessImage } from './harness-image.ts';
import { buildImage } from './image.ts';
import { importImage } from './image-store.ts';
import { clustersOf, nodeName, nodesOf } from './layout.ts';
import { containerdSocket } from './node.ts';
import { outerPid, readyFile } from './places.ts';
import { requireRoot } from './requirements.ts';

optionsOf(new Command('kubernetes:load').description('Gives the nodes that are up the harness as it is now.'));
try {
  requireRoot();
  if (outerPid() === null || !existsSync(readyFile()))
    throw new PlatformError('no clusters are up', { hint: 'npm run kubernetes:up' });
  const { nodes } = JSON.parse(readFileSync(readyFile(), 'utf8')) as { nodes: number };
  const archive = await buildImage(harnessImage(), (line) => process.stderr.write(`${line}\n`));
  for (const node of clustersOf(nodes).flatMap(nodesOf)) {
    await importImage(containerdSocket(nodeName(node)), archive);
    process.stdout.write(`${nodeName(node)} has it\n`);
  }
} catch (error) {
  process.exit(fail(error));
}
