import { messageOf, PlatformError } from '../errors.ts';
import { lastingOf } from '../platform/lasting.ts';
import type { ComponentState, Platform } from '../platform/platform.ts';
import { pause } from './wait.ts';

/** How long what is started here may take before the platform's dead-man does it once more. */
const START_MS = 300_000;
/** In which a clock that was set right is seen to be right, and how far off it may be. */
const CLOCK_WITHIN_MS = 10_000;
const CLOCK_NEAR_MS = 1_000;
const CLOCK_POLL_MS = 250;

/** What is in force that lasts until it is undone, whoever made it, in words. */
export async function inForce(abilities: Platform['abilities'], signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [what, lasting] of lastingOf(abilities))
    found.push(...(await lasting.inForce(signal)).map((id) => `still in force: ${what} of ${id}`));
  return found;
}

/**
 * Undoes everything that is in force, each whatever becomes of the others, ends what nothing would undo any more, and starts what died
 * by itself. Returns what is left, in words: nothing when the platform is whole.
 */
export async function healPlatform(
  platform: Pick<Platform, 'register' | 'abilities'>,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const { register } = platform;
  const { processes } = platform.abilities;
  const failed: string[] = [];
  /** All at once: a database may not start before a partition is undone. */
  const each = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
    const results = await Promise.allSettled(items.map(work));
    for (const result of results) if (result.status === 'rejected') failed.push(`failed: ${messageOf(result.reason)}`);
  };
  const undo = async (fault: string): Promise<void> => {
    const undone = await register.undo(fault, signal);
    const errors = undone.filter(({ ok }) => !ok).map((one) => `${one.undo.kind}: ${one.error}`);
    if (errors.length > 0) throw new PlatformError(`${fault}: ${errors.join('; ')}`);
  };
  await each((await register.list(signal)).toReversed(), async ({ fault, run }) => {
    say(`undoing ${fault} of run ${run}`);
    await undo(fault);
  });
  const registered = new Set((await register.list(signal)).map(({ fault }) => fault));
  for (const [what, lasting] of lastingOf(platform.abilities)) {
    const stray = (await lasting.inForce(signal)).filter((id) => !registered.has(id));
    await each(stray, async (id) => {
      say(`undoing ${what} that no fault in the register would: ${id}`);
      await lasting.mend(id, signal);
    });
  }
  const down = async (): Promise<readonly ComponentState[]> =>
    ((await processes?.observe(signal)) ?? []).filter(({ state }) => state !== 'ready');
  // What died by itself is nobody's fault to undo: it is started as if it were.
  await each([...Map.groupBy(await down(), ({ site }) => site)], async ([site, states]) => {
    const components = [...new Set(states.map(({ component }) => component))];
    say(`starting ${components.join(' and ')} of ${site}`);
    const params = { site, components };
    const fault = { fault: `recover-${site}`, run: 'recover', undo: [{ kind: 'processes', params }] } as const;
    await register.record(fault, START_MS, signal);
    await undo(fault.fault);
  });
  return [
    ...failed,
    ...(await register.list(signal)).map(({ fault }) => `still in force: ${fault}`),
    ...(await inForce(platform.abilities, signal)),
    ...(await clocksOff(platform, signal)),
    ...(await down()).map(({ site, component, node, state }) => `not ready: ${site} ${component}/${node} is ${state}`),
  ];
}

/** The clocks that are wrong, as the databases themselves show them, once they had their time. What says nothing is no clock; that it is not ready is said elsewhere. */
async function clocksOff(
  { abilities: { clocks, processes } }: Pick<Platform, 'abilities'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (!clocks) return [];
  const sites = new Set(((await processes?.observe(signal)) ?? []).map(({ site }) => site));
  const limit = performance.now() + CLOCK_WITHIN_MS;
  for (;;) {
    const states = (await Promise.all([...sites].map((site) => clocks.observe(site, signal)))).flat();
    const off = states.flatMap(({ site, component, node, aheadMs }) => {
      if (aheadMs === null || (aheadMs.upper > -CLOCK_NEAR_MS && aheadMs.lower < CLOCK_NEAR_MS)) return [];
      return [`the clock of ${site} ${component}/${node} is ${Math.round(aheadMs.lower)} ms ahead`];
    });
    if (off.length === 0 || performance.now() > limit) return off;
    await pause(CLOCK_POLL_MS, signal);
  }
}
