import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import { GOOD, problemsOf, REGISTRIES } from './fixtures.ts';
import { scenarioJsonSchema } from './json-schema.ts';
import { listScenarioFiles, validateFiles } from './load.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const validate = ajv.compile(scenarioJsonSchema(REGISTRIES));
const SCENARIOS = new URL('../../scenarios', import.meta.url).pathname;

test('the good scenario is good for both', () => {
  expect(validate(parse(GOOD))).toBe(true);
  expect(problemsOf(GOOD)).toEqual([]);
});

test('every scenario that is delivered is good for both', async () => {
  const files = await listScenarioFiles(SCENARIOS);
  expect(files.length).toBeGreaterThanOrEqual(5);
  const all = { probes: PROBES, faults: FAULTS };
  expect(await validateFiles(files, all)).toEqual([]);
  const good = ajv.compile(scenarioJsonSchema(all));
  for (const file of files) expect([file, good(parse(await readFile(file, 'utf8')))]).toEqual([file, true]);
});

test.each([
  ['an unknown key', 'title:', 'titel:'],
  ['a key of another fault', 'site: paris }', 'site: paris, mode: abrupt }'],
  ['an unknown fault', 'site-loss', 'site-lost'],
  ['an unknown probe', 'probe: cql', 'probe: sql'],
  ['a rate without unit', '100/s', '100'],
  ['a rate of zero', '100/s', '0/s'],
  ['a duration without unit', 'for: 60s', 'for: 60'],
  ['a duration of zero', 'for: 60s', 'for: 0s'],
  ['a negative duration', 'at: 10s', 'at: -10s'],
  ['an RTO of 0', 'rto: 30m', 'rto: 0'],
  ['an RTO that nothing meets', 'rto: 30m', 'rto: < 0s'],
  ['an RPO without unit', 'rpo: 5m', 'rpo: 5'],
  ['a percentage as a ratio', '99.99%', '0.9999'],
  ['a whole percentage', '99.99%', '100%'],
  ['an unknown phase', '{ target: 100ms }', '{ target: 100ms, phase: during }'],
  ['no site', '50/s, timeout: 5s, sites: [paris, london]', '50/s, timeout: 5s, sites: []'],
  ['the reserved service', '  ledger:', '  canary:'],
  ["a service's name in capitals", '  ledger:', '  Ledger:'],
  ['a name with a space', 'name: good', 'name: so good'],
  ['a tier that there is not', 'timeline:', 'tier: 5\ntimeline:'],
  ['a pick among one', 'site: paris }', 'site: { pick: [paris] } }'],
  ['a pick that is none', 'site: paris }', 'site: { pick: some } }'],
  ['a fault that is repeated once', 'for: 60s', 'for: 60s\n    repeat: { times: 1, every: 60s }'],
  ['an id of the platform’s own', 'at: 10s', 'at: 10s\n    id: recover-paris'],
  ['a seed below 0', 'timeline:', 'seed: -1\ntimeline:'],
  ['a seed that is no whole number', 'timeline:', 'seed: 1.5\ntimeline:'],
])('%s is refused by both', (_, from, to) => {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  expect(validate(parse(text))).toBe(false);
  expect(problemsOf(text)).not.toEqual([]);
});

test('keys are described and defaults stated, for editors', () => {
  const { properties } = scenarioJsonSchema(REGISTRIES) as { properties: Record<string, Record<string, unknown>> };
  expect(Object.keys(properties).filter((key) => properties[key]?.description === undefined)).toEqual([]);
  expect(properties.steadyState).toMatchObject({ default: {}, properties: { for: { default: '30s' } } });
});
