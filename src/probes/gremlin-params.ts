import { z } from 'zod';
import type { ProbeContext } from './probe.ts';
import { securityShape } from './security.ts';

/** A name that goes into a script as it is. */
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected letters, digits and _');

/** What every probe of JanusGraph can be told. */
export const gremlinParams = z.strictObject({
  ...securityShape,
  traversalSource: name.default('g').describe('What the server calls the traversal source.'),
  graph: name
    .default('graph')
    .describe('What the server calls the graph, for the scripts that make the schema and clean up.'),
});

/** What the server calls the graph. */
export function graphOf({ params }: Pick<ProbeContext, 'params'>): string {
  return String(params.graph ?? 'graph');
}

/** What the server calls the traversal source. */
export function sourceOf({ params }: Pick<ProbeContext, 'params'>): string {
  return String(params.traversalSource ?? 'g');
}
