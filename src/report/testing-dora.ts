import { mapProvisions } from '../check/dora-map.ts';
import type { Dora, DoraFacts } from '../check/dora-schema.ts';
import type { Report } from '../check/report-schema.ts';

const SHA = 'c'.repeat(64);

/** What people entered about a run; every text is `text` where it is given. */
function exampleEntered(run: string, of: (usual: string) => string): NonNullable<Dora['entered']> {
  return {
    sha256: SHA,
    run,
    by: of('Test Coordinator'),
    at: '2026-02-01T09:00:00Z',
    participants: [{ name: of('Incident Commander'), role: of('decides') }],
    response: {
      activation: { at: '2026-01-31T12:02:00Z', what: of('Declared in the channel.') },
      communication: { what: of('Nobody outside was told.') },
    },
    deviations: [of('The second operator was late.')],
    findings: [
      {
        shortcoming: of('RPO is missed'),
        objective: 'rpo',
        owner: of('Platform'),
        due: '2026-03-31',
        priority: 'high',
      },
    ],
    collateralImpact: of('None that anybody saw.'),
    signOff: { testLead: of('Test Lead'), approver: of('Approver'), approved: '2026-02-02' },
  };
}

/** The fields of an exercise, beside a report of the examples; with entries, and every text `text`, where they are given. */
export function exampleDora(report: Report, entered: boolean, text?: string): Dora {
  const of = (usual: string): string => text ?? usual;
  const facts: DoraFacts = {
    criteriaSha256: SHA,
    criteriaDeclared: true,
    attempt: { series: of('0a1b2c'), counter: 7 },
    authorisation: { operator: of('op'), ticket: of('CHG-1'), approver: of('owner'), from: of('2026'), to: of('2027') },
    scenario: { doraClass: of('switchover'), function: of('payment screening'), owner: of('') },
    declared: {
      sha256: SHA,
      trigger: { kind: 'schedule', what: of('the yearly exercise') },
      plan: { id: of('BCP-7'), version: of('3.1') },
      biaRef: { ref: of('BIA 2026'), sha256: SHA },
      riskRef: { ref: of('Risk 2026') },
      assumption: of('London bears it alone.'),
      criteria: { activation: of('a site is lost'), success: of('every objective is met') },
      function: { owner: of('Payments'), critical: true, memberStates: ['FR', 'DE'] },
      profile: 'bank',
      testers: [{ name: of('Lead'), role: 'test lead', line: 'second' }],
      dwell: '30m',
      peakLoad: { ledger: '1200/s' },
    },
    blastRadius: {
      struck: [of('paris')],
      untouched: [of('london')],
      services: [{ service: of('ledger'), sites: [of('paris'), of('london')], left: [of('london')] }],
      beyond: [of('frankfurt')],
    },
    stopConditions: [{ condition: of('the lever is pulled'), limit: of('at once') }],
    stopped: [{ at_us: 120_000_000, condition: of('lever'), observed: of('a person') }],
    deviations: [of('lever: a person')],
    families: ['a', 'b'].map((letter, i) => ({
      letter,
      family: of('a family'),
      state: i === 0 ? 'exercised' : 'not exercised',
      by: i === 0 ? of('site-loss-1') : '',
    })),
    dwell: [
      {
        service: of('ledger'),
        sites: [of('london')],
        reached_us: { lower: 70_000_000, upper: 72_000_000 },
        required_us: 1_800_000_000,
        met: false,
        meanwhile: { operations: 1_400, ok: 1_399, outages: 0, violatingWindows: 1, worstP95_us: 104_000 },
        note: of('its level did not hold all the time'),
      },
    ],
    failback: [
      {
        service: of('ledger'),
        length_us: null,
        asked: 400,
        missing: { lower: 0, upper: 2 },
        note: of('no such instant'),
      },
    ],
    load: [{ service: of('ledger'), offered: 100, peak: 1_200, share: 1 / 12, heldWithoutSite: false }],
    detection: [
      {
        fault: of('site-loss-1'),
        detector: of('health check'),
        simulated: true,
        elapsed_us: { lower: 118_000_000, upper: 118_200_000 },
        note: of(''),
      },
    ],
    restore: null,
    reconciliation: [
      {
        what: of('ledger and cassandra'),
        checked: 942,
        missing: { lower: 0, upper: 1 },
        duplicate: 0,
        diverged: null,
        note: of(''),
      },
    ],
    twoHours: [{ service: of('ledger'), rto_us: null, within: null }],
    classification: {
      hypothetical: true,
      downtime_us: { lower: 2_000_000, upper: null },
      duration_us: null,
      criteria: [
        {
          criterion: of('Duration'),
          threshold: of('more than 24 h'),
          measured: of('unknown'),
          reached: null,
          note: of(''),
        },
      ],
      conclusion: 'unknown',
      why: of('the backlog was not measured'),
    },
    entered: entered ? exampleEntered(of(report.run.id), of) : null,
  };
  return { ...facts, provisions: mapProvisions(facts, report) };
}
