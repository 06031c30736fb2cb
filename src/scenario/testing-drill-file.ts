import type { Declared } from './drill-file.ts';

/** For tests: everything that can be declared. */
export function declared(): Declared {
  return {
    trigger: { kind: 'change', what: 'a new version of the store' },
    plan: { id: 'BCP-7', version: '3.1' },
    biaRef: { ref: 'BIA 2026', sha256: 'b'.repeat(64) },
    riskRef: { ref: 'Risk 2026', sha256: 'c'.repeat(64) },
    assumption: 'London alone bears it',
    criteria: { activation: 'a site is lost', success: 'every objective is met' },
    function: { name: 'payment screening', owner: 'Payments', critical: true, memberStates: ['FR', 'DE'] },
    profile: 'bank',
    testers: [{ name: 'Test Lead', role: 'test lead', line: 'second' }],
    dwell: '10s',
    peakLoad: { ledger: '100/s' },
  };
}
