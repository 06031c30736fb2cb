import type { Dora } from '../../../src/check/dora-schema.ts';
import type { PlannedDeclaration } from '../../../src/scenario/drill-file.ts';
import { declared } from '../../../src/scenario/testing-drill-file.ts';
import type { OracleInput } from '../oracle/input.ts';
import { type ByHand, check, event, from, S } from './by-hand.ts';

/** The outage lasts from slot 82 to 92; the service is moved at 9.9 s. */
export const OUTAGE: ByHand = { patches: [from(82, 10, 'fail')], failoverAt: 9_900_000 };
export const moved = (to: string, us: number): OracleInput['events'][number] =>
  event(us, to === 'paris' ? 'failback' : 'failover', {
    service: 'ledger',
    from: to === 'paris' ? 'london' : 'paris',
    to,
    decided_us: us,
    reason: 'test',
  });
export const BACK = moved('paris', 20 * S);

export const declare =
  (what: Partial<PlannedDeclaration> = declared()) =>
  (input: OracleInput): OracleInput => ({
    ...input,
    plan: { ...input.plan, declared: { ...what, sha256: 'a'.repeat(64) } },
  });

export async function doraOf(run: ByHand, ...changes: readonly ((input: OracleInput) => OracleInput)[]): Promise<Dora> {
  const report = await check(run, (input) => changes.reduce((now, change) => change(now), input));
  if (!report.dora) throw new Error('expected the block dora');
  return report.dora;
}

export const row = (dora: Dora, provision: string): Dora['provisions'][number] => {
  const found = dora.provisions.find((one) => one.provision === provision);
  if (!found) throw new Error(`expected a row ${provision}`);
  return found;
};
