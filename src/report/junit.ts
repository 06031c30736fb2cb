import { REACHES, type Reach } from '../check/dora-schema.ts';
import { sitesOf } from '../check/faults.ts';
import type { Report, Verdict } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { isLeftOut, LEFT_OUT_SHORT } from './left-out.ts';
import { html, type Markup, trusted } from './markup.ts';
import {
  lostSentence,
  measuredWords,
  objectiveName,
  objectiveTarget,
  overallRpo,
  rpoTimeWords,
  rtoWords,
  VERDICT_WORD,
  verdictSentence,
} from './wording.ts';

interface Case {
  readonly group: string;
  readonly name: string;
  readonly verdict: Verdict;
  /** Why it is not `pass`. */
  readonly reason: string;
  readonly output: string;
}

/**
 * A report as JUnit's XML: one suite, a case for each objective, for each fault (in force, held, and gone), for the canary, and for the run
 * as a whole. A miss is a failure, and what is unknown an error, so that CI is red unless everything passed.
 */
export function renderJUnit(report: Report): string {
  const cases = [...objectiveCases(report), ...faultCases(report), canaryCase(report), runCase(report)];
  const count = (verdict: Verdict): number => cases.filter((one) => one.verdict === verdict).length;
  const seconds = (report.run.length_us / 1_000_000).toFixed(3);
  const numbers = html`tests="${cases.length}" failures="${count('fail')}" errors="${count('unknown')}" skipped="0" time="${seconds}"`;
  return html`${trusted('<?xml version="1.0" encoding="UTF-8"?>')}
<testsuites name="drill" ${numbers}>
<testsuite name="${report.run.scenario}" ${numbers} timestamp="${report.run.started}" hostname="${report.run.environment}">
<properties>
${properties(report).map(([name, value]) => html`<property name="${name}" value="${value}"/>\n`)}</properties>
${cases.map((one) => caseOf(one, report.run.scenario))}</testsuite>
</testsuites>
`.markup;
}

function caseOf(one: Case, scenario: string): Markup {
  const problem =
    one.verdict === 'fail'
      ? html`<failure type="missed" message="${one.reason}">${one.reason}</failure>`
      : one.verdict === 'unknown'
        ? html`<error type="unknown" message="${one.reason}">${one.reason}</error>`
        : null;
  return html`<testcase classname="${scenario}.${one.group}" name="${one.name}" time="0">${problem}<system-out>${one.output}</system-out></testcase>\n`;
}

function properties(report: Report): [string, string][] {
  const rpo = overallRpo(report);
  const services = report.views.filter((view) => view.service !== '');
  return [
    ['run', report.run.id],
    ['verdict', VERDICT_WORD[report.verdict]],
    ['outcome', report.run.outcome],
    ['environment', report.run.environment],
    ['harness', report.harness],
    ['journal-head', report.run.journalHead],
    ...doraProperties(report),
    ['lost', lostSentence(rpo?.lost ?? null, rpo?.ledger ?? 0)],
    ['rpo', rpo === null || rpo.ledger === 0 ? 'unknown' : rpoTimeWords(rpo.rpo_us)],
    ...services.flatMap((view): [string, string][] => [
      [`rto.${view.service}`, rtoWords(view.rto)],
      [`rto_us.${view.service}`, view.rto.value_us === null ? 'unknown' : String(view.rto.value_us)],
    ]),
  ];
}

function doraProperties(report: Report): [string, string][] {
  const { dora } = report;
  if (!dora) return [];
  const orLeftOut = (place: string, said: string): string => (isLeftOut(report, place) ? LEFT_OUT_SHORT : said);
  const of = (reach: Reach): string => String(dora.provisions.filter((row) => row.reach === reach).length);
  return [
    ['criteria-sha256', dora.criteriaSha256 ?? orLeftOut('dora.criteriaSha256', 'unknown')],
    ...REACHES.map((reach): [string, string] => [`provisions.${reach}`, of(reach)]),
    ['classification.hypothetical', orLeftOut('dora.classification.conclusion', dora.classification.conclusion)],
    [
      'entered',
      dora.entered === null ? orLeftOut('dora.entered', 'not recorded') : `${dora.entered.by}, ${dora.entered.at}`,
    ],
  ];
}

function objectiveCases(report: Report): Case[] {
  return report.objectives.map((result) => {
    const { worst, bounds } = measuredWords(result);
    return {
      group: 'objectives',
      name: `${result.objective.id}: ${objectiveName(result.objective)}, ${objectiveTarget(result.objective)}`,
      verdict: result.verdict,
      reason: result.reason === '' ? 'the report gives no reason' : result.reason,
      output: `measured: ${worst}${bounds === '' ? '' : `, ${bounds}`}`,
    };
  });
}

function faultCases(report: Report): Case[] {
  return report.faults.map((fault) => {
    const left = fault.requested !== null && fault.gone === null;
    const problems = [
      ...(left ? ['it was not seen to be gone'] : []),
      ...(fault.effective === null ? ['it was not seen to be in force'] : []),
      ...(fault.lapsed.length > 0 ? ['it lapsed while it should hold'] : []),
    ];
    return {
      group: 'faults',
      name: `${fault.id} on ${sitesOf(fault)}: effective and gone`,
      verdict: left ? 'fail' : problems.length > 0 ? 'unknown' : 'pass',
      reason: problems.join('; '),
      output: `effective: ${fault.observed.effective}; gone: ${fault.observed.gone}`,
    };
  });
}

function canaryCase(report: Report): Case {
  const { proofs, verdict } = report.canary;
  const output = proofs
    .map((proof) => {
      const error = proof.outage.error_us === null ? 'unknown' : formatDuration(proof.outage.error_us);
      return `${proof.probe}: ${proof.loss.found} of ${proof.loss.deleted} deleted rows found, ${proof.loss.wrong} wrongly lost, error of the outage ${error}`;
    })
    .join('; ');
  const notes = proofs.filter((proof) => proof.verdict !== 'pass').map((proof) => `${proof.probe}: ${proof.note}`);
  return {
    group: 'instrument',
    name: 'canary: the harness finds what it did itself',
    verdict,
    reason: notes.length > 0 ? notes.join('; ') : 'the instrument gave no proof of itself',
    output,
  };
}

/** The verdict itself: red where nothing else is, as in a run without objectives. */
function runCase(report: Report): Case {
  const { outcome, reason } = report.run;
  return {
    group: 'run',
    name: 'verdict of the run',
    verdict: report.verdict,
    reason: verdictSentence(report),
    output: `run ${outcome}${reason === '' ? '' : `: ${reason}`}`,
  };
}
