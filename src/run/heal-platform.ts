import { messageOf, PlatformError } from '../errors.ts';
import { lastingOf } from '../platform/lasting.ts';
import type { ComponentState, Platform } from '../platform/platform.ts';
import type { RegisteredFault } from '../platform/undo.ts';
import { deadline, orRejected, pause } from './wait.ts';

/** In all; what one undo, or one start, may take of it: more than the platform gives a database that starts (240 s); and one look. */
const HEAL_MS = 600_000;
const EACH_MS = 250_000;
const LOOK_MS = 30_000;
/** How long what is started here may take before the platform's dead-man does it once more. */
const START_MS = 300_000;
/** In which a clock that was set right is seen to be right, and how far off it may be. */
const CLOCK_WITHIN_MS = 10_000;
const CLOCK_NEAR_MS = 1_000;
const CLOCK_POLL_MS = 250;

/** What is in force that lasts until it is undone, whoever made it, in words; also what cannot be looked for. */
export async function inForce(abilities: Platform['abilities'], signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [what, lasting] of lastingOf(abilities)) {
    found.push(
      ...(await orSaid(`${what} may be in force`, async () =>
        (await lasting.inForce(signal)).map((id) => `still in force: ${what} of ${id}`),
      )),
    );
  }
  return found;
}

/**
 * Undoes everything that is in force, each whatever becomes of the others, ends what nothing would undo any more, and starts what died
 * by itself; what failed is tried once more, because some of it needs what was started. Returns what is left, in words: nothing when the
 * platform is whole. Ends by itself.
 */
export async function healPlatform(
  platform: Pick<Platform, 'register' | 'abilities'>,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const total = AbortSignal.timeout(HEAL_MS);
  let failed = await healOnce(platform, total, say);
  if (failed.length > 0 && !total.aborted) failed = await healOnce(platform, total, say);
  return [...failed, ...(await whatIsLeft(platform))];
}

/** What could not be done or looked for, in words. */
async function healOnce(
  { register, abilities }: Pick<Platform, 'register' | 'abilities'>,
  total: AbortSignal,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const failed: string[] = [];
  const look = async <T>(what: string, work: (signal: AbortSignal) => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work(deadline(total, LOOK_MS, what));
    } catch (error) {
      failed.push(`failed: ${what}: ${messageOf(error)}`);
      return [];
    }
  };
  /** All at once: a database may not start before a partition is undone. */
  const each = async <T>(
    items: readonly T[],
    words: (item: T) => string,
    work: (item: T, signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const results = await Promise.allSettled(
      items.map((item) => {
        say(words(item));
        const limit = deadline(total, EACH_MS, words(item));
        return orRejected(work(item, limit), limit);
      }),
    );
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      const what = words(items[index] as T);
      const why = messageOf(result.reason);
      failed.push(`failed: ${why.startsWith(what) ? why : `${what}: ${why}`}`);
    }
  };
  const undo = async (fault: string, signal: AbortSignal): Promise<void> => {
    const undone = await register.undo(fault, signal);
    const errors = undone.filter(({ ok }) => !ok).map((one) => `${one.undo.kind}: ${one.error}`);
    if (errors.length > 0) throw new PlatformError(errors.join('; '));
  };
  const known = (): Promise<readonly RegisteredFault[]> =>
    look('what is in the register', (signal) => register.list(signal));
  await each(
    (await known()).toReversed(),
    ({ fault, run }) => `undoing ${fault} of run ${run}`,
    ({ fault }, signal) => undo(fault, signal),
  );
  const registered = new Set((await known()).map(({ fault }) => fault));
  for (const [what, lasting] of lastingOf(abilities)) {
    const all = await look(`which ${what} are in force`, (signal) => lasting.inForce(signal));
    await each(
      all.filter((id) => !registered.has(id)),
      (id) => `undoing ${what} that no fault in the register would: ${id}`,
      (id, signal) => lasting.mend(id, signal),
    );
  }
  const down = await look('which components are down', (signal) => notReady(abilities, signal));
  // What died by itself is nobody's fault to undo: it is started as if it were.
  const bySite = [...Map.groupBy(down, ({ site }) => site)].map(([site, states]) => ({
    site,
    components: [...new Set(states.map(({ component }) => component))],
  }));
  await each(
    bySite,
    ({ site, components }) => `starting ${components.join(' and ')} of ${site}`,
    async (params, signal) => {
      const fault = { fault: `recover-${params.site}`, run: 'recover', undo: [{ kind: 'processes', params }] } as const;
      await register.record(fault, START_MS, signal);
      await undo(fault.fault, signal);
    },
  );
  return failed;
}

/** The last look, with its own time, whatever the healing took. */
async function whatIsLeft(platform: Pick<Platform, 'register' | 'abilities'>): Promise<readonly string[]> {
  const { register, abilities } = platform;
  const signal = (): AbortSignal => AbortSignal.timeout(LOOK_MS);
  return [
    ...(await orSaid('faults may be in the register', async () =>
      (await register.list(signal())).map(({ fault }) => `still in force: ${fault}`),
    )),
    ...(await inForce(abilities, signal())),
    ...(await orSaid('clocks may be wrong', () => clocksOff(platform, signal()))),
    ...(await orSaid('components may be down', async () =>
      (
        await notReady(abilities, signal())
      ).map(({ site, component, node, state }) => `not ready: ${site} ${component}/${node} is ${state}`),
    )),
  ];
}

async function orSaid(otherwise: string, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await look();
  } catch (error) {
    return [`${otherwise}, which could not be seen: ${messageOf(error)}`];
  }
}

async function notReady(abilities: Platform['abilities'], signal: AbortSignal): Promise<readonly ComponentState[]> {
  return ((await abilities.processes?.observe(signal)) ?? []).filter(({ state }) => state !== 'ready');
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
