import type { IntegrityReport } from '../check/integrity-schema.ts';
import { SITES } from './testing-parts.ts';

const KEY = '20260131T120000Z-7f3a91c2/gremlin.graph.outside/118';

/** What a census says of a graph: whole, or with one edge that only one of its vertices knows. */
export function exampleIntegrity(damaged: boolean): IntegrityReport {
  const anomalies = damaged ? { 'one-ended-edge': 1, 'partial-transaction': 1 } : {};
  const after = { vertices: 1_884, edges: 942, transactions: 942, whole: damaged ? 941 : 942, purses: 0, anomalies };
  const before = { vertices: 0, edges: 0, transactions: 0, whole: 0, purses: 0, anomalies: {} };
  const found = {
    site: 'paris',
    key: KEY,
    acknowledged: true,
    elements: ['16781312', '4296', '8392'],
    note: 'vertex 8392 does not know it',
  };
  return {
    state: damaged ? 'damaged' : 'whole',
    note: '',
    places: (['before', 'after'] as const).flatMap((stage) =>
      SITES.map((site) => {
        const one = stage === 'after' ? (site === 'paris' ? after : { ...after, whole: 942, anomalies: {} }) : before;
        return { stage, site, complete: true, note: '', ...one };
      }),
    ),
    found: damaged
      ? [
          { ...found, kind: 'one-ended-edge' },
          { ...found, kind: 'partial-transaction', elements: [], note: 'missing: in' },
        ]
      : [],
    omitted: 0,
    acknowledgedDamaged: damaged ? 1 : 0,
    old: 0,
  };
}
