import { runClient } from './client.ts';
import { fakeProbe } from './testing-fake-probe.ts';

await runClient(new Map([['fake', fakeProbe()]]));
process.stdout.end(() => process.exit(0));
