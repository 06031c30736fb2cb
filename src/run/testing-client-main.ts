import { runClient } from '../client/client.ts';
import { siteProbe } from './testing-site-probe.ts';

await runClient(new Map([['cql', siteProbe()]]));
process.stdout.end(() => process.exit(0));
