import { expect, test } from 'vitest';
import type { Alarm } from '../detect/protocol.ts';
import type { PlannedFault } from '../scenario/plan.ts';
import { attribute } from './attribution.ts';

type Arguments = Parameters<typeof attribute>;
const S = 1_000_000;
const NOW = 200 * S;

const plan = {
  services: {
    ledger: { probe: 'cql', sites: ['paris', 'london'] },
    graph: { probe: 'gremlin', sites: ['paris', 'london'] },
    elsewhere: { probe: 'cql', sites: ['frankfurt'] },
    silences: { probe: 'alertmanager', sites: ['paris'] },
  },
  detectors: {
    health: null,
    driver: false,
    nodetool: null,
    alerts: { expect: ['Down', 'PrometheusDown'], deadMan_us: S },
  },
} as unknown as Arguments[1];

const fault = (over: { type?: string; params?: object; requested?: boolean; gone?: boolean; id?: string } = {}) =>
  ({
    planned: {
      id: over.id ?? 'f-1',
      type: over.type ?? 'kill',
      site: 'paris',
      params: over.params ?? {},
    } as unknown as PlannedFault,
    ...{ requested: over.requested ?? true, requestedUs: 100 * S },
    gone: over.gone ? { notBefore_us: 0, notAfter_us: 0, observed: '' } : null,
  }) as Arguments[2][number];
const killed = (component: string) => fault({ params: { component } });

const alarm = (over: Partial<Alarm> = {}): Alarm => ({
  ...{ type: 'alarm', detector: 'd', simulated: true, site: 'paris', component: 'cassandra', what: 'w' },
  ...over,
});
const of = (over: Partial<Alarm>, ...faults: Arguments[2]) => attribute(alarm(over), plan, faults, NOW);

test('an alarm is the detection of the fault that strikes what it is about, for the services that stand on that', () => {
  expect(of({}, killed('cassandra'))).toEqual({ fault: 'f-1', services: ['ledger', 'graph'] });
  expect(of({ component: 'janusgraph' }, killed('cassandra'))).toEqual({ fault: 'f-1', services: ['graph'] });
  expect(of({ component: 'cassandra' }, killed('janusgraph'))).toBe(null);
  expect(of({ site: 'london' }, killed('cassandra'))).toBe(null);
  expect(of({ component: 'cassandra' }, fault({ type: 'site-loss' }))?.services).toEqual(['ledger', 'graph']);
});

test('and of nothing where it is over, not requested, one of two, or where the alarm says that all is well again', () => {
  expect(of({}, { ...killed('cassandra'), requested: false })).toBe(null);
  expect(of({}, fault({ params: { component: 'cassandra' }, gone: true }))).toBe(null);
  expect(of({}, killed('cassandra'), fault({ id: 'f-2', params: { component: 'janusgraph' } }))).toBe(null);
  expect(of({ type: 'clear' }, killed('cassandra'))).toBe(null);
  expect(of({})).toBe(null);
});

test('what began to fail before the fault was requested noticed something else', () => {
  expect(of({ failingForMs: 100_000 }, killed('cassandra'))).not.toBe(null);
  expect(of({ failingForMs: 100_001 }, killed('cassandra'))).toBe(null);
});

test('of alerts only those that are expected detect anything', () => {
  expect(of({ alert: 'Down' }, killed('cassandra'))?.services).toEqual(['ledger', 'graph']);
  expect(of({ alert: 'DiskFull' }, killed('cassandra'))).toBe(null);
  const without = { ...plan, detectors: { ...plan.detectors, alerts: undefined } } as unknown as Arguments[1];
  expect(attribute(alarm({ alert: 'Down' }), without, [killed('cassandra')], NOW)).toBe(null);
});

test('an alert about what no service stands on detects the fault all the same; another alarm does not', () => {
  const about = { component: 'prometheus' } as const;
  expect(of({ ...about, alert: 'PrometheusDown' }, killed('prometheus'))).toEqual({
    fault: 'f-1',
    services: [undefined],
  });
  expect(of(about, killed('prometheus'))).toEqual({ fault: 'f-1', services: [undefined] });
  expect(of({ component: 'pulsar' }, killed('pulsar'))).toEqual({ fault: 'f-1', services: [] });
});

test('an alert that names no component is about every service of its site', () => {
  const said = of({ component: null, alert: 'Down' }, killed('prometheus'));
  expect(said).toEqual({ fault: 'f-1', services: ['ledger', 'graph', 'silences'] });
});
