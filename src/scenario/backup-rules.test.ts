import { expect, test } from 'vitest';
import { describePlan } from './describe-plan.ts';
import { loaded, PLATFORM, problemsOf, REGISTRIES, withTimeline } from './fixtures.ts';
import { resolvePlan } from './resolve.ts';

const GUARD = 'guard: { lastSite: may be taken }\n';
const LOSS = '{ at: 10s, for: 30s, fault: { type: data-loss, site: paris, backup: hourly } }';
const text = (backups: string, loss = LOSS): string => withTimeline([loss], `${GUARD}${backups}\n`);

test('a backup before the fault that needs it is right', () => {
  expect(problemsOf(text('backups: { hourly: { at: 5s } }'))).toEqual([]);
});

test.each([
  [
    'none at all',
    '',
    'expected a backup of this scenario (there is none: backups: { hourly: { at: 5s } }), got "hourly"',
  ],
  [
    'of another name',
    'backups: { hourlly: { at: 5s } }',
    'expected a backup of this scenario (there is hourlly), got "hourly"; did you mean "hourlly"?',
  ],
  [
    'taken too late',
    'backups: { hourly: { at: 10s } }',
    'expected a backup that is taken before this fault, at 10 s; hourly is taken at 10 s',
  ],
  [
    'that nothing comes after',
    'backups: { hourly: { at: 5s }, later: { at: 15s } }',
    'expected a time before the first fault, at 10 s: none is taken while one is in force',
  ],
  ['without a unit', 'backups: { hourly: { at: 5 } }', 'backups.hourly.at'],
  ['in a way that there is none', 'backups: { hourly: { at: 5s, mode: fulll } }', 'backups.hourly.mode'],
  ['whose name leads elsewhere', 'backups: { "../x": { at: 5s }, hourly: { at: 5s } }', 'the name of a backup'],
  [
    'tested twice',
    'backups: { hourly: { at: 5s, restoreTest: paris }, daily: { at: 6s, restoreTest: paris } }',
    'expected one restore test, got a second beside that of hourly',
  ],
])('a backup %s is a mistake with its place', (_, backups, problem) => {
  expect(problemsOf(text(backups)).join('\n')).toContain(problem);
});

test('of OpenSearch it is for what OpenSearch has lost, whole, and tried at once', () => {
  const corruption = '{ at: 10s, for: 30s, fault: { type: index-corruption, site: paris, backup: daily } }';
  const of = (what: string, loss = corruption): string => problemsOf(text(`backups: { ${what} }`, loss)).join();
  expect(of('daily: { at: 5s, of: opensearch }')).toBe('');
  expect(of('daily: { at: 5s }')).toContain(
    'expected a backup of opensearch, got daily, which is one of cassandra: backups: { daily: { of: opensearch } }',
  );
  expect(of('hourly: { at: 5s, of: opensearch }', LOSS)).toContain('expected a backup of cassandra, got hourly');
  expect(of('daily: { at: 5s, of: opensearch, mode: differential }')).toContain('backups.daily.mode: expected full');
  expect(of('daily: { at: 5s, of: opensearch, restoreTest: paris }')).toContain(
    'backups.daily.restoreTest: expected none of opensearch',
  );
  expect(of('daily: { at: 5s, of: elastic }')).toContain('backups.daily.of');
});

test('a site that is lost twice at once, or not there', () => {
  const also = (sites: string): string =>
    text('backups: { hourly: { at: 5s } }', LOSS.replace('site: paris', `site: paris, also: [${sites}]`));
  expect(problemsOf(also('london, london')).join()).toContain(
    'timeline[0].fault.also[1]: expected each site once, got london again',
  );
  const resolve = (what: string) => () => resolvePlan({ loaded: loaded(what), platform: PLATFORM, ...REGISTRIES });
  expect(resolve(also('lodnon'))).toThrow(/fault\.also\[0\]: expected a site of the platform.*did you mean "london"/);
  expect(resolve(also('paris'))).toThrow("expected another site than the fault's own");
  expect(resolve(text('backups: { hourly: { at: 5s, restoreTest: berlin } }'))).toThrow(
    /backups\.hourly\.restoreTest: expected a site of the platform/,
  );
});

test('a platform without backups is refused, with what needs them', () => {
  const platform = {
    ...PLATFORM,
    abilities: PLATFORM.abilities.filter((one) => one !== 'backups' && one !== 'restoreTests'),
  };
  const scenario = loaded(text('backups: { hourly: { at: 5s, restoreTest: paris } }'));
  expect(() => resolvePlan({ loaded: scenario, platform, ...REGISTRIES })).toThrow(
    /lacks backups \(for the fault data-loss, backups\) and restoreTests \(for restoreTest\)/,
  );
});

test('a plan says when which backup is taken, and that a loss of all sites leaves none', () => {
  const all = text(
    'backups: { later: { at: 8s }, hourly: { at: 5s, restoreTest: london } }',
    LOSS.replace('site: paris', 'site: paris, also: [london, frankfurt]'),
  );
  const plan = resolvePlan({ loaded: loaded(all), platform: PLATFORM, ...REGISTRIES });
  expect(plan.backups.map(({ name }) => name)).toEqual(['hourly', 'later']);
  const said = describePlan(plan, [], REGISTRIES).replaceAll(/\s+/g, ' ');
  expect(said).toContain(
    '5 s: hourly, full, of every site; that of london is restored beside the platform, and read back',
  );
  expect(said).toContain('struck paris, london, frankfurt; untouched none');
  expect(said).toContain('ledger: 100/s of paris hit, no site left');
  const [loss] = plan.notMeasured.filter(({ what }) => what.startsWith('a store of backups'));
  expect(loss?.why).toContain('same machine');
});

test('nothing else may hold a site that is restored as a whole', () => {
  const resolve =
    (...entries: string[]) =>
    () =>
      resolvePlan({
        loaded: loaded(withTimeline(entries, `${GUARD}backups: { hourly: { at: 5s } }\n`)),
        platform: PLATFORM,
        ...REGISTRIES,
      });
  const disaster = LOSS.replace('site: paris', 'site: paris, disaster: true').replace('at: 10s', 'at: 20s');
  const slow = (site: string): string =>
    `{ at: 10s, for: 60s, fault: { type: slow-disk, site: ${site}, write: 1MB/s } }`;
  expect(resolve(slow('paris'), disaster)).toThrow(
    /timeline\[0\]\.fault: slow-disk-1 and data-loss-\d would hold paris at the same time/,
  );
  expect(resolve(slow('london'), disaster)).not.toThrow();
});

test('a site that is picked has no fixed company, and a store that is not restored no restore test', () => {
  const picked = LOSS.replace('site: paris', 'site: { pick: any }, also: [london]');
  expect(problemsOf(text('backups: { hourly: { at: 5s } }', picked)).join()).toContain(
    'expected a fixed site where also names others',
  );
});
