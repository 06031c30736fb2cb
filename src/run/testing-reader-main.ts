import { runReader } from '../client/reader.ts';
import { siteProbe } from './testing-site-probe.ts';

await runReader(new Map([['cql', siteProbe()]]));
process.exit(0);
