import type { AnomalyKind } from '../check/integrity.ts';
import type { IntegrityReport } from '../check/integrity-schema.ts';
import { formatCount, plural } from './format.ts';

export const ANOMALY_WORD: Readonly<Record<AnomalyKind, string>> = {
  'one-ended-edge': 'edge visible from one end only',
  'dangling-edge': 'edge to a vertex that is not there',
  'unequal-halves': 'edge whose halves differ',
  'ghost-vertex': 'ghost vertex',
  'vertex-without-key': 'vertex without its key',
  'index-without-element': 'index entry without its element',
  'element-without-index': 'element without an index entry',
  'duplicate-key': 'several elements under one key',
  'shared-id': 'two elements with one id',
  'wrong-checksum': 'value that nobody wrote',
  'unreadable-cell': 'cell that cannot be read',
  'partial-transaction': 'transaction there in part',
  'unbalanced-purse': 'account that does not hold what its transfers say',
  'total-not-conserved': 'total that was not conserved',
  'number-twice': 'number that several customers have',
  'hidden-customer': 'customer whom one of the indexes does not find',
  'absent-transaction': 'acknowledged transaction of which nothing is there',
  'sites-differ': 'not the same at every site',
};

/** What the census says, in a sentence or two. */
export function integritySentence(integrity: IntegrityReport): string {
  const { state, note, found, omitted, acknowledgedDamaged, old, restoredOver = 0 } = integrity;
  const over =
    restoredOver === 0
      ? ''
      : ` ${plural(restoredOver, 'transaction')} acknowledged since the backup that was restored ${restoredOver === 1 ? 'is' : 'are'} nowhere: lost, and no damage.`;
  if (state === 'whole') return `The graph is whole at every site, and the same at each.${over}`;
  const lacking = note === '' ? '' : ` Not looked over: ${note}.`;
  const before = old === 0 ? '' : ` ${formatCount(old)} things that were wrong before the run still are.`;
  if (state === 'unknown') return `Unknown whether the graph is whole.${before}${lacking}${over}`;
  const kinds = [...Map.groupBy(found, ({ kind }) => kind)].map(
    ([kind, of]) => `${ANOMALY_WORD[kind]} (${formatCount(of.length)})`,
  );
  const counted = omitted === 0 ? '' : `, and ${formatCount(omitted)} more`;
  const many = acknowledgedDamaged === 1 ? 'transaction is' : 'transactions are';
  const transactions =
    acknowledgedDamaged === 0 ? '' : ` ${formatCount(acknowledgedDamaged)} acknowledged ${many} damaged.`;
  const first = omitted === 0 ? '' : `, of the first ${formatCount(found.length)}`;
  return `The graph is damaged.${transactions} Found, each site for itself${first}: ${kinds.join(', ')}${counted}.${before}${lacking}${over}`;
}
