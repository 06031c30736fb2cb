import type { Positions } from './positions.ts';
import type { Problem } from './problem.ts';
import { ruleProblems } from './rules.ts';
import { type Registries, type Scenario, scenarioSchema } from './schema.ts';
import { parseYaml } from './yaml-file.ts';

/** What a file holds: a scenario, or everything that is wrong with it. */
type Parsed =
  | { readonly ok: true; readonly scenario: Scenario; readonly positions: Positions }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads the bytes of a scenario file. Pure; never throws for what the bytes hold. `file` is the name for messages. */
export function parseScenario(bytes: Uint8Array, file: string, registries: Registries): Parsed {
  const parsed = parseYaml<Scenario>(bytes, file, {
    what: 'a scenario',
    schema: () => schemaOf(registries),
    rules: (scenario, positions) => ruleProblems(scenario, registries, positions),
  });
  return parsed.ok ? { ok: true, scenario: parsed.value, positions: parsed.positions } : parsed;
}

/** Made once for the same registries: it costs more than reading a file by it. */
function schemaOf(registries: Registries): ReturnType<typeof scenarioSchema> {
  const known = SCHEMAS.get(registries) ?? scenarioSchema(registries);
  SCHEMAS.set(registries, known);
  return known;
}

const SCHEMAS = new WeakMap<Registries, ReturnType<typeof scenarioSchema>>();
