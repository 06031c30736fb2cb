import type { Dora } from './dora-schema.ts';
import type { Report } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

/** The families of scenario of RTS 26(2), (a) to (i), paraphrased. */
const FAMILIES = [
  ['a', 'cyber-attack; switchover to redundant capacity, backups and facilities'],
  ['b', 'a critical function degrades beyond what is acceptable, or fails; failure of a third party'],
  ['c', 'premises and data centres fail, in part or as a whole'],
  ['d', 'ICT assets or the network fail'],
  ['e', 'staff is not available'],
  ['f', 'climate, natural disaster, pandemic, physical attack'],
  ['g', 'attack by an insider'],
  ['h', 'political or social instability'],
  ['i', 'power fails over a wide area'],
] as const;

/** What a fault does to a whole site is what clients would see of a data centre that fails: simulated. Everything else strikes an asset or the network. */
const OF_A_SITE: ReadonlySet<string> = new Set(['site-loss', 'scale-datacenter']);

/** Which families the run touched: by faults that were shown to hold, by services that were moved, and by what clients saw. */
export function familiesOf(record: RunRecord, { views }: Pick<Report, 'views'>): Dora['families'] {
  const held = record.faults.filter(({ unproven }) => unproven === null).map(({ report }) => report);
  const names = (of: typeof held): string => of.map(({ id, target }) => `${id} on ${target}`).join(', ');
  const sinceUs = Math.min(...held.map(({ effective }) => effective?.notBefore_us ?? Number.POSITIVE_INFINITY));
  const moved = [
    ...new Set(record.failovers.filter(({ decided_us }) => decided_us >= sinceUs).map(({ service }) => service)),
  ];
  const hurt = views.filter(
    ({ service, outages }) =>
      service !== '' && outages.some(({ up_us }) => (up_us ?? Number.POSITIVE_INFINITY) > sinceUs),
  );
  const sites = held.filter(({ type }) => OF_A_SITE.has(type));
  const by: Readonly<Partial<Record<string, readonly ['exercised' | 'simulated', string]>>> = {
    ...(moved.length > 0 && { a: ['exercised', `switchover of ${moved.join(', ')} only: no cyber-attack, no backup`] }),
    ...(hurt.length > 0 && {
      b: ['exercised', `outages of ${hurt.map(({ service }) => service).join(', ')}; no failure of a third party`],
    }),
    ...(sites.length > 0 && { c: ['simulated', names(sites)] }),
    ...(held.length > 0 && { d: ['exercised', names(held)] }),
  };
  return FAMILIES.map(([letter, family]) => {
    const [state, what] = by[letter] ?? (['not exercised', ''] as const);
    return { letter, family, state, by: what };
  });
}
