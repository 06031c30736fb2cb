import { expect, test } from 'vitest';
import { REGISTRIES } from '../commands/registries.ts';
import { PLATFORM } from './fixtures.ts';
import { parseScenario } from './parse.ts';
import { formatProblem } from './problem.ts';
import { resolvePlan } from './resolve.ts';

const INDEX = `name: good
title: A node fails
hypothesis: The others serve
services:
  index: { probe: opensearch, rate: 100/s, sites: [paris] }
siteProbes: false
timeline:
  - at: 15s
    fault: { type: kill, site: paris, component: opensearch, node: 1 }
    for: 60s
objectives: { rto: 2m, rpo: 0 }
`;

const opensearch = [1, 2, 3].map((node) => ({ host: `10.0.0.${node}`, port: 9200 }));
const sites = PLATFORM.sites.map((site) => ({ ...site, endpoints: { ...site.endpoints, opensearch } }));

function planOn(some: typeof sites, text = INDEX) {
  const bytes = new TextEncoder().encode(text);
  const parsed = parseScenario(bytes, 'good.yaml', REGISTRIES);
  if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join('\n'));
  const { scenario, positions } = parsed;
  const loaded = { scenario, bytes, sha256: 'f'.repeat(64), file: 'good.yaml', positions };
  return resolvePlan({ loaded, platform: { ...PLATFORM, sites: some }, ...REGISTRIES });
}

test('a store that each site has for itself is asked on a platform with one site, and refused on one with more', () => {
  expect(planOn(sites.slice(0, 1)).services.index?.sites).toEqual(['paris']);
  expect(() => planOn(sites)).toThrow(
    'good.yaml:5:19: services.index.probe: expected a platform with one site, because the opensearch of each keeps what it was told to itself, got paris, london, frankfurt',
  );
});

test('one node of several that fails is what the run is about, and is not said to be unmeasured', () => {
  const oneOfSeveral = 'failure of one node among several in a site';
  const [paris] = sites.slice(0, 1);
  const said = (platform: typeof sites, text?: string) => planOn(platform, text).notMeasured.map(({ what }) => what);
  expect(said(sites.slice(0, 1))).not.toContain(oneOfSeveral);
  const alone = [{ ...paris, endpoints: { ...paris?.endpoints, opensearch: opensearch.slice(0, 2) } }] as typeof sites;
  expect(said(alone, INDEX.replace(', node: 1', '').concat('guard: { lastSite: may be taken }\n'))).toContain(
    oneOfSeveral,
  );
});

test('what its client is set to stands in the plan, and how its index is laid', () => {
  expect(planOn(sites.slice(0, 1)).drivers['index/paris']).toMatchObject({
    retries: 0,
    sniffing: 'none',
    index: '3 shards, 2 copies of each',
  });
});
