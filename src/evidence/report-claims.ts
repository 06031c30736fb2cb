import { isDeepStrictEqual } from 'node:util';
import { EvidenceError } from '../errors.ts';
import { shownPath } from './bundle-files.ts';
import type { JournalFacts } from './journal-facts.ts';
import type { SealedIntent, SealedPlan, SealedReport } from './sealed-schemas.ts';

/** What a report is held against. */
export interface Recorded {
  readonly intent: SealedIntent;
  readonly plan: SealedPlan;
  readonly facts: JournalFacts;
  /** Of the plan as it is. */
  readonly criteriaSha256: string;
  /** Whether the sealed files have this one. */
  readonly has: (path: string) => boolean;
}

/*
 * A report is made of the plan, the intent and the journal beside it. What it says in their own words is compared here, so that a report that was made of others does
 * not verify, whoever signed it. What it computes of the records is what `check` computes again.
 */

/** An EvidenceError for the first thing that a report says otherwise than the record beside it. */
export function refuseOtherClaims(report: SealedReport, recorded: Recorded): void {
  for (const [path, expected] of claims(recorded)) {
    const [said, there] = at(report, path);
    // Reports of before `dora` was there have none of it; what stands in every report must stand here.
    if (!there && path.startsWith('dora.')) continue;
    if (!isDeepStrictEqual(said, expected)) wrong(`${path} is not what ${sourceOf(path)} says`);
  }
  refuseOtherFaults(report, recorded);
  refuseOtherPlatform(report, recorded);
  refuseVerdict(report);
  if (report.verdict === 'pass') refuseMissing(recorded);
}

function claims({ intent, plan, facts, criteriaSha256 }: Recorded): readonly (readonly [string, unknown])[] {
  const { scenario, platform } = plan;
  const declared = intent.criteriaSha256 === criteriaSha256;
  const { dora, sequence } = { dora: scenario.dora ?? null, sequence: intent.sequence };
  return [
    ['run.scenario', scenario.name],
    ['run.title', scenario.title],
    ['run.hypothesis', scenario.hypothesis],
    ['run.tier', scenario.tier],
    ['run.environment', platform.environment],
    ['run.started', facts.origin],
    ['run.outcome', facts.ended?.outcome ?? 'aborted'],
    ...(facts.ended ? [['run.reason', facts.ended.reason] as const] : []),
    ['dora.criteriaSha256', criteriaSha256],
    ['dora.criteriaDeclared', declared],
    ['dora.attempt', sequence ? { series: sequence.series, counter: sequence.counter } : null],
    ['dora.authorisation', facts.authorisation()],
    ['dora.scenario', dora && { doraClass: dora.class, function: dora.function, owner: dora.owner }],
    ['dora.declared', (declared ? plan.declared : null) ?? null],
    ['dora.stopped', facts.stopped],
  ];
}

function sourceOf(path: string): string {
  if (/^(?:run\.(?:started|outcome|reason)|dora\.(?:authorisation|stopped))$/.test(path)) return 'journal.ndjson';
  return path === 'dora.attempt' || path === 'dora.criteriaDeclared' ? 'intent.json' : 'plan.json';
}

/** The value at a place, and whether there is one. */
function at(value: unknown, path: string): readonly [unknown, boolean] {
  let found = value;
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return [undefined, false];
    found = (found as Record<string, unknown>)[name];
  }
  return [found, true];
}

function refuseOtherFaults(report: SealedReport, { plan, facts }: Recorded): void {
  const expected = facts.faults(
    plan.timeline.map(({ id, type, site, disaster }) => ({ id, type, target: site, disaster })),
  );
  if (report.faults.length !== expected.length) wrong('faults are not those of plan.json and journal.ndjson');
  for (const [index, one] of expected.entries()) {
    const said = report.faults[index] as Record<string, unknown>;
    const other = Object.entries(one).find(([name, value]) => !isDeepStrictEqual(said[name], value));
    if (other) wrong(`faults.${index}.${other[0]} is not what plan.json and journal.ndjson say`);
  }
}

/** Names, places and gaps of the platform and of the plan. */
function refuseOtherPlatform({ facts = [], notMeasured = [], views = [] }: SealedReport, { plan }: Recorded): void {
  const { platform } = plan;
  const said = [
    ['platform', `${platform.name} (${platform.environment})`],
    ['sites', platform.sites.map(({ name }) => name).join(', ')],
  ] as const;
  for (const [name, value] of said) {
    const fact = facts.find((one) => one.fact === name);
    if (fact !== undefined && fact.value !== value) wrong(`the fact ${name} is not what plan.json says`);
  }
  if (!plan.notMeasured.every((one) => notMeasured.some((other) => isDeepStrictEqual(one, other))))
    wrong('notMeasured leaves out what plan.json says');
  const keyOf = ({ probe, service, site, client }: SealedPlan['timetables'][number]): string =>
    JSON.stringify([probe, service, site, client]);
  const planned = new Set(plan.timetables.map(keyOf));
  const strange = views.find((view) => !planned.has(keyOf(view)));
  if (strange) wrong(`views has ${shownPath(strange.service || strange.site)}, which plan.json does not`);
}

/** An EvidenceError for a verdict that does not follow. `fail` beats `unknown` beats `pass`: the whole is its objectives and its reasons, and nothing that left a trace makes it better. */
export function refuseVerdict(report: SealedReport): void {
  const { run, verdict, objectives, faults, reasons } = report;
  const verdicts = [...objectives, ...reasons].map((one) => one.verdict);
  const whole = verdicts.includes('fail') ? 'fail' : verdicts.includes('unknown') ? 'unknown' : 'pass';
  if (verdict !== whole) wrong(`says ${verdict}, of objectives and reasons that make ${whole}`);
  const left = faults.some(({ requested, gone }) => requested && !gone);
  if (left && verdict !== 'fail') wrong(`says ${verdict} of a run whose fault was not seen to be gone`);
  if (verdict !== 'pass') return;
  if (run.outcome !== 'completed') wrong(`says pass of a run that was ${run.outcome}`);
  if (run.defects.length > 0) wrong('says pass of a record with defects');
  if (objectives.length === 0) wrong('says pass, and nothing was judged');
}

function refuseMissing({ facts, has }: Recorded): void {
  const missing = [...facts.filled].find((path) => !has(path));
  if (missing !== undefined) wrong(`says pass of a record without ${missing}, which has rows as journal.ndjson says`);
}

function wrong(what: string): never {
  throw new EvidenceError(`report.json: ${what}`);
}
