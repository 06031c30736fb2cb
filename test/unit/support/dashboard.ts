import { readFileSync } from 'node:fs';
import { z } from 'zod';

const target = z.looseObject({
  refId: z.string().min(1),
  expr: z.string().min(1),
  datasource: z.looseObject({ type: z.literal('prometheus'), uid: z.string() }).optional(),
});

/** What Grafana's JSON model asks of a dashboard and its panels. */
export const dashboardSchema = z.looseObject({
  title: z.string().min(1),
  uid: z.string().regex(/^[a-zA-Z0-9_-]{1,40}$/),
  schemaVersion: z.int().min(36),
  version: z.int(),
  editable: z.boolean(),
  tags: z.array(z.string()),
  time: z.strictObject({ from: z.string(), to: z.string() }),
  refresh: z.string(),
  templating: z.strictObject({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.looseObject({
      id: z.int().positive(),
      type: z.string(),
      title: z.string().min(1),
      gridPos: z.strictObject({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
      datasource: z.looseObject({ type: z.literal('prometheus'), uid: z.string() }),
      targets: z.array(target).min(1),
    }),
  ),
});

/** The dashboard that is delivered. */
export function dashboard(): z.infer<typeof dashboardSchema> {
  const file = new URL('../../../deploy/monitoring/drill-dashboard.json', import.meta.url);
  return dashboardSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Its expressions, with every variable set to all. */
export function dashboardExpressions(): string[] {
  return dashboard().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$scenario', '.*')));
}
