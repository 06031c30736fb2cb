import { expect, test } from 'vitest';
import { loaded, PLATFORM, REGISTRIES, withTimeline } from '../scenario/fixtures.ts';
import type { Plan } from '../scenario/plan.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { servedAfterwards, servedMeanwhile } from './at-failover.ts';

/** The plan of one fault that takes what both services have, or not. */
function planOf(fault: string, sites: string): Plan {
  const text = withTimeline(
    [`{ at: 10s, for: 30s, fault: ${fault} }`],
    'guard: { lastSite: may be taken }\n',
  ).replaceAll('sites: [paris, london]', `sites: [${sites}]`);
  return resolvePlan({ loaded: loaded(text), platform: PLATFORM, ...REGISTRIES });
}

/** The services that are waited for while the fault is in force; all others are waited for after its end. */
function survived(fault: string, sites: string): readonly string[] {
  const plan = planOf(fault, sites);
  const [disaster] = plan.timeline;
  if (!disaster) throw new Error('no fault');
  const [meanwhile, afterwards] = [servedMeanwhile({ plan }, disaster), servedAfterwards({ plan }, disaster)];
  expect([...meanwhile, ...afterwards].sort()).toEqual(['graph', 'ledger']);
  return [...meanwhile].sort();
}
const BOTH = ['graph', 'ledger'];

test.each(['site-loss', 'scale-datacenter', 'kill', 'stop', 'pause'])(
  'nobody waits for a service whose only site is gone until the end of a %s, and somebody does where there is another',
  (type) => {
    const component = ['kill', 'stop', 'pause'].includes(type) ? ', component: cassandra' : '';
    const fault = `{ type: ${type}, site: paris${component} }`;
    expect(survived(fault, 'paris')).toEqual([]);
    expect(survived(fault, 'paris, london')).toEqual(BOTH);
  },
);

test('one of several nodes leaves others, and what strikes only some of the services leaves the others', () => {
  expect(survived('{ type: kill, site: paris, component: cassandra, node: 0 }', 'paris')).toEqual(BOTH);
  expect(survived('{ type: kill, site: paris, component: janusgraph }', 'paris')).toEqual(['ledger']);
});

test('what disturbs a site and does not take it may be survived there', () => {
  expect(survived('{ type: packet-loss, site: paris, share: 10% }', 'paris')).toEqual(BOTH);
});
