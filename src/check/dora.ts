import { criteriaSha256, type Intent, type Sequence } from '../history/intent.ts';
import type { Entered } from '../scenario/drill-file.ts';
import type { Plan } from '../scenario/plan.ts';
import { classify } from './dora-classification.ts';
import {
  authorisationOf,
  blastRadiusOf,
  detectionOf,
  deviationsOf,
  reconciliationOf,
  stopConditionsOf,
  stoppedBy,
  twoHoursOf,
} from './dora-facts.ts';
import { familiesOf } from './dora-families.ts';
import { mapProvisions } from './dora-map.ts';
import type { Dora, DoraFacts } from './dora-schema.ts';
import { dwellOf, failbackOf, loadOf } from './dora-stay.ts';
import type { Report } from './report-schema.ts';
import type { RunRecord } from './run-record.ts';

/**
 * What the record of a run says of an exercise under (EU) 2022/2554. Of the run directory alone: what people enter after the run is never in it, see
 * `withEntered`. `intent`: what `intent.json` declares; null where it cannot be read.
 */
export function doraOf(found: RunRecord, report: Omit<Report, 'dora'>, intent: Partial<Intent> | null): Dora {
  const criteria = criteriaOf(found.plan);
  const criteriaDeclared = criteria !== null && intent?.criteriaSha256 === criteria;
  // What intent.json does not know was not declared before the run, whatever the plan says now.
  const record = criteriaDeclared ? found : { ...found, plan: { ...found.plan, declared: undefined } };
  const { plan } = record;
  const { dora } = plan.scenario;
  const dwell = dwellOf(record, report);
  const facts: DoraFacts = {
    criteriaSha256: criteria,
    criteriaDeclared,
    attempt: attemptOf(intent),
    authorisation: authorisationOf(record),
    scenario: dora && { doraClass: dora.class, function: dora.function, owner: dora.owner },
    declared: plan.declared ?? null,
    blastRadius: blastRadiusOf(record, report),
    stopConditions: stopConditionsOf(record),
    stopped: stoppedBy(record),
    deviations: deviationsOf(record, report),
    families: familiesOf(record, report),
    dwell,
    failback: failbackOf(record, report),
    load: loadOf(record, report, dwell),
    detection: detectionOf(record),
    restore: null,
    reconciliation: reconciliationOf(record, report),
    twoHours: twoHoursOf(record, report),
    classification: classify(record, report),
    entered: null,
  };
  return { ...facts, provisions: mapProvisions(facts, report) };
}

function criteriaOf(plan: Plan): string | null {
  try {
    return criteriaSha256(plan);
  } catch {
    // Text that is no text: `run.defects` says so.
    return null;
  }
}

/** As far as it is understood: the file may hold anything. */
function attemptOf(intent: Partial<Intent> | null): Dora['attempt'] {
  const { series, counter } = (intent?.sequence ?? {}) as Partial<Sequence>;
  const known = typeof series === 'string' && Number.isSafeInteger(counter) && (counter as number) > 0;
  return known ? { series, counter: counter as number } : null;
}

/** The report with what people entered after the run: for a rendering beside the sealed files, which never change. */
export function withEntered(report: Report, dora: Dora, entered: Entered & { readonly sha256: string }): Report {
  const facts = { ...dora, entered };
  return { ...report, dora: { ...facts, provisions: mapProvisions(facts, report) } };
}
