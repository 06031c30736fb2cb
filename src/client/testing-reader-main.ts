import { runReader } from './reader.ts';
import { fakeProbe } from './testing-fake-probe.ts';

await runReader(new Map([['fake', fakeProbe()]]));
process.exit(0);
