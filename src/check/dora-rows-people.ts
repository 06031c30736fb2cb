import { thresholdsOf } from './dora-classification.ts';
import { counted, not, type Part, partly, type Row, some } from './dora-row.ts';

/** What people declare, enter and decide. */
export const PEOPLE_ROWS: readonly Row[] = [
  {
    provision: 'DORA 11(2), 11(6)(b), 14',
    records: 'activation, impact, crisis communication: entered by people, never generated',
    fields: ['human section'],
    judge: ({ entered }) => {
      const { activation, impact, communication } = entered?.response ?? {};
      const at = (key: string): string => `drill file#/after/response/${key}`;
      const parts: Part[] = [
        [activation !== undefined, 'activation', at('activation')],
        [impact !== undefined, 'impact', at('impact')],
        [communication !== undefined, 'crisis communication', at('communication')],
      ];
      const judged = some(parts, 'as people entered it, and not checked');
      return parts.every(([there]) => there) ? { ...judged, reach: 'supports' } : judged;
    },
  },
  {
    provision: 'RTS 25(5), DORA 24(5)',
    records:
      'results documented, deficiencies analysed, reported, closed: shortcoming, measure, priority, owner, due date, retest',
    fields: ['findings[]'],
    judge: ({ entered, deviations }, { objectives, run, verdict, faults }) => {
      const findings = entered?.findings;
      const missed = objectives.filter(({ verdict }) => verdict !== 'pass').map(({ objective }) => objective.id);
      const nobody = missed.filter((id) => !findings?.some(({ objective }) => objective === id));
      if (findings === undefined)
        return not(`not recorded; ${counted(missed.length, 'objective')} not shown to be met`);
      const whole = findings.filter((one) =>
        [one.analysis, one.measure, one.priority, one.owner, one.due, one.retest].every((part) => part !== undefined),
      );
      // Nobody who found nothing has looked at these.
      const wrong = [
        ...(verdict === 'pass' ? [] : [`the verdict is ${verdict}`]),
        ...(run.outcome === 'completed' ? [] : ['the run did not go through']),
        ...(faults.every(({ gone }) => gone !== null) ? [] : ['a fault was not shown to be gone']),
        ...(deviations.length === 0 ? [] : [`the record shows ${counted(deviations.length, 'deviation')}`]),
      ];
      const unsaid = findings.length === 0 ? wrong : [];
      const why = `${counted(findings.length, 'finding')}, ${whole.length} with analysis, measure, priority, owner, due date and retest; ${counted(nobody.length, 'objective')} not shown to be met that no finding names`;
      return {
        reach: whole.length === findings.length && nobody.length === 0 && unsaid.length === 0 ? 'supports' : 'partial',
        why: unsaid.length === 0 ? why : `${why}; no finding, though ${unsaid.join(', ')}`,
        evidence: ['drill file#/after/findings'],
      };
    },
  },
  {
    provision: 'DORA 24(4), 11(3)',
    records: 'independence of testers: tester and line; audit’s own field is blank',
    fields: ['sign-off'],
    judge: ({ declared }) => {
      const testers = declared?.testers ?? [];
      if (testers.length === 0) return not('no tester is recorded');
      const first = testers.filter(({ line }) => line === 'first').length;
      const why = `${testers.length} declared before the run, ${first} of them of the first line; what audit says stands elsewhere`;
      return partly(why, ['report.json#/dora/declared/testers']);
    },
  },
  {
    provision: 'DORA 18(1); (EU) 2024/1772',
    records: 'whether it would have been a major incident: downtime, duration, member states, data loss; hypothetical',
    fields: ['classification'],
    judge: ({ classification }) => {
      const thresholds = thresholdsOf(classification.criteria);
      const known = thresholds.filter((reached) => reached !== null).length;
      if (known === 0) return not(`unknown: ${classification.why}`);
      const why = `hypothetical: ${known} of ${thresholds.length} thresholds known; ${classification.conclusion === 'unknown' ? 'unknown whether it' : 'it'} ${classification.conclusion === 'would not be' ? 'would not be' : 'would be'} major`;
      return partly(why, ['report.json#/dora/classification']);
    },
  },
  {
    provision: 'RTS 12(2)',
    records:
      'logs protected, clocks synchronised, failures of logging seen: clock offset and bound, gaps in collection',
    fields: ['measurementQuality'],
    judge: (_, { quality, run }) => {
      if (quality.clockOffset_us === null) return not('the clock was not recorded');
      const why = `the run’s own clock with its bound, a chain of hashes${run.defects.length === 0 ? '' : ' with defects'}, gaps counted; no clock of any other machine`;
      return partly(why, ['report.json#/quality', 'journal.ndjson']);
    },
  },
  {
    provision: 'DORA 5(2), 6(5), 13(5)',
    records: 'to the management body, and to the authority on request: searchable output, date of the approval',
    fields: ['sign-off'],
    judge: ({ entered }) => {
      const { approver, managementBody } = entered?.signOff ?? {};
      if (managementBody === undefined)
        return partly('searchable output; the date of the management body’s approval is not recorded', ['report.json']);
      const evidence = ['report.json', 'drill file#/after/signOff'];
      const why = `searchable output; the management body approved on ${managementBody}, as entered and not signed here`;
      return { reach: approver === undefined ? 'partial' : 'supports', why, evidence };
    },
  },
  {
    provision: 'RTS 24(2) to (4)',
    records: 'two hours: only for CCPs, CSDs and trading venues, no rule for banks',
    fields: ['profile'],
    ofTheEntity: true,
    judge: ({ declared, twoHours }) => {
      if (twoHours === null)
        return not(declared?.profile === 'bank' ? 'the profile is a bank: no such rule' : 'no profile is recorded');
      const known = twoHours.filter(({ within }) => within !== null);
      if (known.length === 0) return not('no RTO is known');
      const why = `profile ${declared?.profile}: ${known.filter(({ within }) => within).length} of ${twoHours.length} services within two hours`;
      return {
        reach: known.length === twoHours.length ? 'supports' : 'partial',
        why,
        evidence: ['report.json#/dora/twoHours'],
      };
    },
  },
];
