import { PROBES } from '../probes/registry.ts';
import { runReader } from './reader.ts';

await runReader(PROBES);
process.exit(0);
