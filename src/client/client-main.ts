import { PROBES } from '../probes/registry.ts';
import { runClient } from './client.ts';

await runClient(PROBES);
process.stdout.end(() => process.exit(0));
