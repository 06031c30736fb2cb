import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FAULTS } from '../faults/registry.ts';
import { PROBES } from '../probes/registry.ts';
import { scenarioJsonSchema, schemaFileText } from './json-schema.ts';
import { listScenarioFiles, validateFiles } from './load.ts';

const REGISTRIES = { probes: PROBES, faults: FAULTS };

test('schema/scenario.json is up to date: `drill schema` writes it', async () => {
  const committed = await readFile(new URL('../../schema/scenario.json', import.meta.url), 'utf8');
  expect(committed).toBe(schemaFileText(scenarioJsonSchema(REGISTRIES)));
});

test('every scenario that is delivered is right with the real probes', async () => {
  const files = await listScenarioFiles(new URL('../../scenarios', import.meta.url).pathname);
  expect(await validateFiles(files, REGISTRIES)).toEqual([]);
});
