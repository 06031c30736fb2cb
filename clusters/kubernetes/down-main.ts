/** Ends the clusters, or removes what dead ones left: processes, namespaces, control groups, the wire, data and logs. */
import { Command } from 'commander';
import { fail } from '../../src/commands/fail.ts';
import { optionsOf } from '../../src/commands/options.ts';
import { takeDown } from './clean.ts';
import { requireRoot } from './requirements.ts';

optionsOf(new Command('kubernetes:down').description('Ends the clusters, or removes what dead ones left.'));
try {
  requireRoot();
  const wasUp = await takeDown();
  process.stdout.write(wasUp ? 'the clusters are down\n' : 'no clusters were up; nothing is left\n');
} catch (error) {
  process.exit(fail(error));
}
