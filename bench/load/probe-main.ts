/** `node probe-main.ts cql|gremlin WARM_UP SECONDS`: the harness's own probe on the platform that is up; says `begin` after its warm-up, and then one line of JSON. */
import { attachLocalPlatform } from '../../src/platform/local/local-platform.ts';
import { pause } from '../../src/run/wait.ts';
import { benchClient } from '../client.ts';

const [probe, warmUp, seconds] = process.argv.slice(2) as ['cql' | 'gremlin', string, string];
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort(new Error('interrupted')));
const { signal } = interrupt;

await using platform = await attachLocalPlatform(signal, { borrowed: true });
if (!platform) throw new Error('no platform is up');
const { rate, figures } = await benchClient(probe, platform, whileItRuns, signal);
const { failures, latenessP50Us, latenessP99Us, cpuUsPerOperation } = figures;
const operations = rate * Number(seconds);
const said = { operations, notOk: failures, dropped: 0, latenessP50Us, latenessP99Us, clientCpuUs: cpuUsPerOperation };
process.stdout.write(`${JSON.stringify(said)}\n`);

async function whileItRuns(): Promise<void> {
  await pause(Number(warmUp) * 1000, signal);
  process.stdout.write('begin\n');
  // A little longer than is looked at.
  await pause(Number(seconds) * 1000 + 1000, signal);
}
