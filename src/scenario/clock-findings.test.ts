import { expect, test } from 'vitest';
import { clockFindings } from './clock-findings.ts';
import { GOOD, loaded, PLATFORM, REGISTRIES } from './fixtures.ts';
import { resolveScenario } from './resolve.ts';

/** What a plan shows whose only fault sets the clocks of Paris; `registers`: its service overwrites some. */
function shown(offset: string, after: string, registers: number | null = null): readonly string[] {
  const fault = `{ type: clock-skew, site: paris, offset: ${offset} }`;
  const text = `${GOOD.replace('{ type: site-loss, site: paris }', fault)}recovery: { after: ${after} }\n`;
  const { plan } = resolveScenario({ ...REGISTRIES, loaded: loaded(text), platform: PLATFORM });
  const [ledger] = Object.values(plan.services);
  const services = ledger && registers !== null ? { ledger: { ...ledger, params: { registers } } } : plan.services;
  return clockFindings({ ...plan, services }).map(({ severity, path }) => `${severity} ${path.join('.')}`);
}

test('a run that ends before Cassandra stamps right again', () => {
  expect(shown('+60s', '59s', 16)).toEqual(['warning recovery.after']);
  expect(shown('+60s', '60s', 16)).toEqual([]);
  expect(shown('-60s', '15s', 16)).toEqual([]);
});

test('clocks that are set while nothing is overwritten', () => {
  expect(shown('-60s', '15s')).toEqual(['note timeline.0.fault']);
});
