import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { tryKernel } from '../../src/platform/local/kernel.ts';
import { netem as delayWords } from '../../src/platform/local/line.ts';
import { startTestPlatform } from './support/local-platform.ts';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const within = (): AbortSignal => AbortSignal.timeout(30_000);
const { netem } = await tryKernel();

test.runIf(netem !== null)(
  'a kernel that cannot delay: the plan refuses, with the reason and what would help',
  async () => {
    const refused = run(process.execPath, [CLI, 'plan', 'slow-network']);
    await expect(refused).rejects.toMatchObject({ code: 5 });
    const { stderr } = (await refused.catch((error: unknown) => error)) as { stderr: string };
    expect(stderr).toContain(`lacks netem (for the fault network-delay: ${netem?.why})`);
    expect(stderr).toContain(`what to do: ${netem?.help}`);
  },
);

test.runIf(netem !== null)('and it is the kernel that refuses: tc understands every word of a delay', async () => {
  const words = delayWords({ delayUs: 50_000, jitterUs: 10_000, correlation: 0.25 });
  const trial = ['--user', '--map-root-user', '--net', '--', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root'];
  const said = await run('unshare', [...trial, ...words]).catch((error: { stderr: string }) => error);
  expect(said.stderr).toMatch(/qdisc kind is unknown|RTNETLINK answers/);
});

test.runIf(netem === null)(
  'a kernel that can: a connection to the site takes a round trip of the delay, and then no more',
  async () => {
    await using up = await startTestPlatform();
    const { platform } = up;
    const connectMs = async (): Promise<number> => {
      const script = `const t = performance.now(); require('node:net').connect(9042, '10.77.1.10', () => { console.log(performance.now() - t); process.exit(0); });`;
      const [file = '', ...args] = [...platform.place('outside'), process.execPath, '-e', script];
      return Number((await run(file, args, { signal: within() })).stdout);
    };
    const { netem: line, network } = platform.abilities;
    expect(await connectMs()).toBeLessThan(150);
    const undo = [{ kind: 'network', params: { id: 'd' } }] as const;
    await platform.register.record({ fault: 'd', run: 'r', undo }, 60_000, within());
    await line?.delay('d', 'paris', { delayUs: 150_000, jitterUs: 20_000, correlation: 0.25 }, within());
    expect(await connectMs()).toBeGreaterThan(250);
    const counters = (await network?.observe('d', within())) ?? [];
    expect(counters.map(({ direction, packets }) => [direction, packets > 0])).toEqual([
      ['out', true],
      ['in', true],
    ]);
    expect(await network?.inForce(within())).toEqual(['d']);
    expect((await platform.register.undo('d', within())).every(({ ok }) => ok)).toBe(true);
    expect(await network?.observe('d', within())).toEqual([]);
    expect(await connectMs()).toBeLessThan(150);
  },
);
