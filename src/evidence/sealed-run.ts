import type { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { canonicalJson } from '../history/chain.ts';
import { INTENT_TIMESTAMP, MANIFEST, readWhole, sha256, shownPath } from './bundle-files.ts';
import { parseExact } from './exact-json.ts';
import { type Anchor, type Chain, followChain } from './journal-chain.ts';
import type { JournalFacts } from './journal-facts.ts';
import { parseManifest, type RunManifest } from './manifest.ts';
import { refuseOtherClaims } from './report-claims.ts';
import {
  intentSchema,
  planSchema,
  reportSchema,
  type SealedIntent,
  type SealedPlan,
  type SealedReport,
} from './sealed-schemas.ts';

/** Who made a run. */
export interface Makers {
  /** Who ran it; null: it was not recorded. */
  readonly operators: readonly string[] | null;
  /** Who was declared as a tester before it. */
  readonly testers: readonly string[];
}

export interface Agreed extends Makers, Pick<Chain, 'torn' | 'anchors' | 'ended'> {
  readonly intent: SealedIntent;
  readonly report: SealedReport;
}

export interface RunPart extends Makers {
  readonly report: SealedReport;
}

/** What the files of a run say of it, once they agree with each other. An EvidenceError names the first that does not. */
export function agree(
  manifest: RunManifest,
  whole: ReadonlyMap<string, Buffer>,
  digests: ReadonlyMap<string, string>,
): Agreed {
  const bytesOf = (path: string): Buffer => whole.get(path) as Buffer;
  const intent = shaped(intentSchema, bytesOf('intent.json'), 'intent.json');
  const plan = shaped(planSchema, bytesOf('plan.json'), 'plan.json');
  const declared = (said: string, found: string | undefined, where: string, what: string): void => {
    if (said !== found) throw new EvidenceError(`${where}: ${what} is not what intent.json declared before the run`);
  };
  declared(intent.run, manifest.run, MANIFEST, 'its run');
  declared(intent.scenarioSha256, digests.get('scenario.yaml'), 'scenario.yaml', 'it');
  const criteriaSha256 = criteriaOf(plan);
  declared(
    intent.criteriaSha256,
    criteriaSha256,
    'plan.json',
    'what is judged (objectives, settings, what people declared)',
  );
  declared(intent.planSha256, digests.get('plan.json'), 'plan.json', 'it');
  declared(intent.scenarioSha256, plan.scenario.sha256, 'plan.json', 'its scenario');
  declared(intent.scenario, plan.scenario.name, 'plan.json', 'its scenario');
  const { head, facts, torn, anchors, operators, ended } = followChain(
    bytesOf('journal.ndjson'),
    sha256(bytesOf('intent.json')),
  );
  if (head !== manifest.journalHead)
    throw new EvidenceError('journal.ndjson: its last event is not the manifest’s head');
  refuseAnotherStart(facts, intent);
  const report = shaped(reportSchema, bytesOf('report.json'), 'report.json');
  const wrong = (what: string): never => {
    throw new EvidenceError(`report.json: ${what}`);
  };
  if (report.run.id !== manifest.run) wrong(`expected run ${manifest.run}, got ${shownPath(report.run.id)}`);
  if (report.run.journalHead !== manifest.journalHead) wrong('it was made from another journal');
  const judged = report.objectives.map(({ objective }) => objective);
  if (canonical(judged, 'report.json') !== canonical(plan.objectives, 'plan.json'))
    wrong('its objectives are not those of plan.json');
  if (report.dora !== undefined && (report.dora.entered ?? null) !== null)
    wrong('it has what people entered after the run, and a sealed report has none');
  refuseOtherClaims(report, { intent, plan, facts, criteriaSha256, has: (path) => digests.has(path) });
  refuseBrokenAnchors(anchors, digests);
  return { intent, report, torn, anchors, operators, testers: testersOf(plan), ended };
}

/** What of a run says who made it and how it went, for the exercise that lists it: read again from the files under its manifest. */
export function readPart(directory: string, manifestBytes: Uint8Array): RunPart {
  const { files } = parseManifest(manifestBytes);
  const bytesOf = (path: string): Buffer => {
    const bytes = readWhole(directory, path);
    if (files.find((file) => file.path === path)?.sha256 !== sha256(bytes))
      throw new EvidenceError(`${path}: its content is not what manifest.json says`);
    return bytes;
  };
  const report = shaped(reportSchema, bytesOf('report.json'), 'report.json');
  const plan = shaped(planSchema, bytesOf('plan.json'), 'plan.json');
  const { operators } = followChain(bytesOf('journal.ndjson'), sha256(bytesOf('intent.json')));
  return { report, operators, testers: testersOf(plan) };
}

function testersOf({ declared }: SealedPlan): readonly string[] {
  return (declared?.testers ?? []).map(({ name }) => name);
}

/** The run began with this event, which says what the intent said. */
function refuseAnotherStart({ started }: JournalFacts, intent: SealedIntent): void {
  if (started === null)
    throw new EvidenceError('journal.ndjson: expected a run-started with run, scenario and harness as its first event');
  for (const name of ['run', 'scenario', 'harness'] as const)
    if (started[name] !== intent[name])
      throw new EvidenceError(
        `journal.ndjson: expected the ${name} ${shownPath(intent[name])} of intent.json, got ${shownPath(started[name])}`,
      );
}

function criteriaOf({ objectives, settings, declared }: SealedPlan): string {
  const criteria = { objectives, settings, ...(declared !== undefined && { declared }) };
  return sha256(Buffer.from(canonical(criteria, 'plan.json')));
}

function canonical(value: unknown, where: string): string {
  try {
    return canonicalJson(value);
  } catch {
    throw new EvidenceError(`${where}: expected numbers and text that have one canonical form`);
  }
}

function refuseBrokenAnchors(anchors: readonly Anchor[], digests: ReadonlyMap<string, string>): void {
  for (const { kind, sha256: said } of anchors)
    if (kind === 'tsa' && digests.get(INTENT_TIMESTAMP) !== said)
      throw new EvidenceError(
        `${INTENT_TIMESTAMP}: is not the time stamp that the journal says was had before the fault`,
      );
}

/** The value itself: every member stands in the order in which it was read. */
export function shaped<T extends z.ZodType>(schema: T, bytes: Buffer, where: string): z.infer<T> {
  // As each of them is written by the harness; compact where a test or a tool of ours wrote it.
  const value = parseExact(bytes, where, bytes.includes(0x0a) ? 2 : 0);
  const { success, error } = schema.safeParse(value);
  if (success) return value as z.infer<T>;
  const [issue] = error.issues;
  throw new EvidenceError(
    `${where}: at ${shownPath(issue?.path.join('.') ?? '')}: ${shownPath(issue?.message ?? 'not what is expected there')}`,
  );
}
