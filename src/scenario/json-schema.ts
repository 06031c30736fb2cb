import { z } from 'zod';
import { type Registries, scenarioSchema } from './schema.ts';

/**
 * JSON Schema (2020-12) of a scenario's YAML, for editors: keys, forms, descriptions and defaults. What only a look at several fields can
 * tell (one disaster, the order of the timeline) is left to `validate`.
 */
export function scenarioJsonSchema(registries: Registries): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema(registries), { io: 'input', target: 'draft-2020-12' });
  return { $schema, title: 'drill scenario', ...schema };
}

/** The bytes of a JSON Schema file as it is committed. */
export function schemaFileText(schema: Record<string, unknown>): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
