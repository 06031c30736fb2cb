import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { canonicalJson } from '../history/chain.ts';
import { ENVELOPES, INTENT_TIMESTAMP, MANIFEST, readWhole, sha256, shownPath } from './bundle-files.ts';
import { parseExact } from './exact-json.ts';
import { refuseContradictions } from './exercise-verdicts.ts';
import { type Anchor, type Chain, followChain } from './journal-chain.ts';
import { type ExerciseManifest, parseManifest, type RunManifest } from './manifest.ts';
import { type SealedFiles, verifyFiles } from './sealed-files.ts';

/** What is verified of `intent.json`: each member where it is there. Runs of before a member was there have none. */
const intentSchema = z.looseObject({
  run: z.string().optional(),
  scenario: z.string().optional(),
  scenarioSha256: z.string().optional(),
  criteriaSha256: z.string().optional(),
  planSha256: z.string().optional(),
});
const planSchema = z.looseObject({
  scenario: z.looseObject({ name: z.string(), sha256: z.string() }),
  objectives: z.array(z.unknown()),
  settings: z.unknown(),
  declared: z.looseObject({ testers: z.array(z.looseObject({ name: z.string() })).optional() }).optional(),
});
const verdict = z.enum(['pass', 'fail', 'unknown']);
const bound = z.number();
const reportSchema = z.looseObject({
  harness: z.string(),
  run: z.looseObject({
    id: z.string(),
    scenario: z.string(),
    environment: z.string(),
    outcome: z.enum(['completed', 'aborted', 'failed']),
    journalHead: z.string(),
    defects: z.array(z.string()),
  }),
  verdict,
  objectives: z.array(
    z.looseObject({
      objective: z.looseObject({ id: z.string(), metric: z.string().optional() }),
      statement: z.string(),
      unit: z.string(),
      measured: z.strictObject({ lower: bound, upper: bound.nullable() }).nullable(),
      verdict,
      reason: z.string(),
    }),
  ),
  faults: z.array(z.looseObject({ requested: z.unknown(), gone: z.unknown() })),
  dora: z.looseObject({ entered: z.unknown() }).optional(),
});

const outcome = z.enum(['completed', 'aborted', 'failed']);
/** What is verified of `exercise.json`: what its statement says, where its runs are, and what it says of them. */
const exerciseSchema = z.looseObject({
  harness: z.string(),
  id: z.string(),
  exercise: z.string(),
  fileSha256: z.string(),
  operators: z.array(z.string()),
  started: z.string(),
  ended: z.string().nullable(),
  verdict,
  steps: z.array(
    z.looseObject({
      kind: z.enum(['scenario', 'person']),
      verdict,
      scenario: z.string().optional(),
      proves: z.array(z.string()).optional(),
      /** Of a person: when they said what they did. */
      entered: z.string().nullish(),
      entry: z.string().optional(),
      run: z
        .looseObject({
          id: z.string(),
          path: z.string(),
          outcome,
          verdict,
          manifestSha256: z.string().nullable(),
        })
        .nullish(),
    }),
  ),
});

export type SealedIntent = z.infer<typeof intentSchema>;
export type SealedReport = z.infer<typeof reportSchema>;
export type SealedRecord = z.infer<typeof exerciseSchema>;

interface Common extends Omit<SealedFiles, 'manifest' | 'whole'> {
  /** Of the run or the exercise: what a statement over it names. */
  readonly id: string;
  /** Who ran it; null: it was not recorded. */
  readonly operators: readonly string[] | null;
  /** Who was declared as a tester before it; of an exercise: nobody, its runs say it. */
  readonly testers: readonly string[];
  /** When it ended by its own record, or the last that is known of it, as it was written. */
  readonly ended: string;
  /** The envelopes that are there. */
  readonly envelopes: readonly string[];
}

/** A run directory that is what its manifest says, and that agrees with itself. */
export interface SealedRun extends Common, Pick<Chain, 'torn' | 'anchors'> {
  readonly kind: 'run';
  readonly manifest: RunManifest;
  readonly intent: SealedIntent;
  readonly intentSha256: string;
  /** The time stamp over `intent.json`; null: there is none. */
  readonly intentTimestamp: Buffer | null;
  readonly report: SealedReport;
}

/** The same of the directory of an exercise. */
export interface SealedExercise extends Common {
  readonly kind: 'exercise';
  readonly manifest: ExerciseManifest;
  readonly record: SealedRecord;
}

export type Sealed = SealedRun | SealedExercise;

const NEEDED = ['intent.json', 'plan.json', 'journal.ndjson', 'report.json'];

/**
 * Verifies everything in the directory of a run or an exercise but its signatures, in this order: the manifest, that no file is missing or extra, every file's size
 * and SHA-256; of a run the digests that the intent declares, the journal's chain, what anchored it before the fault, and that the report is about this plan
 * and this journal. An EvidenceError names the first thing that is wrong: `<place>: <what>`.
 */
export function verifySealed(directory: string): Sealed {
  const { manifest, whole, ...files } = verifyFiles(directory);
  const envelopes = ENVELOPES.filter((path) => files.there.has(path));
  if (manifest.schema === 'drill/exercise-manifest/1') {
    const record = shaped(exerciseSchema, needed('exercise.json', whole), 'exercise.json');
    if (record.id !== manifest.exercise)
      throw new EvidenceError(`exercise.json: expected exercise ${manifest.exercise}, got ${shownPath(record.id)}`);
    const [, ofRuns] = ENVELOPES;
    if (envelopes.includes(ofRuns)) throw new EvidenceError(`${ofRuns}: an exercise has none`);
    refuseContradictions(record);
    const { id, operators, started, ended } = record;
    return {
      kind: 'exercise',
      manifest,
      record,
      id,
      operators,
      testers: [],
      ended: ended ?? started,
      envelopes,
      ...files,
    };
  }
  for (const path of NEEDED) needed(path, whole);
  const agreed = agree(manifest, whole, files.digests);
  const intentSha256 = files.digests.get('intent.json') as string;
  const intentTimestamp = whole.get(INTENT_TIMESTAMP) ?? null;
  refuseBrokenAnchors(agreed.anchors, files.digests);
  return { kind: 'run', manifest, id: manifest.run, envelopes, intentSha256, intentTimestamp, ...agreed, ...files };
}

/** The report of the run in a directory whose manifest is this one, as it was sealed. An EvidenceError where it is another. */
export function sealedReport(directory: string, manifestBytes: Uint8Array): SealedReport {
  const { files } = parseManifest(manifestBytes);
  const bytes = readWhole(directory, 'report.json');
  if (files.find(({ path }) => path === 'report.json')?.sha256 !== sha256(bytes))
    throw new EvidenceError('report.json: its content is not what manifest.json says');
  return shaped(reportSchema, bytes, 'report.json');
}

function needed(path: string, whole: ReadonlyMap<string, Buffer>): Buffer {
  const bytes = whole.get(path);
  if (bytes === undefined) throw new EvidenceError(`${path}: does not stand in the manifest`);
  return bytes;
}

function refuseBrokenAnchors(anchors: readonly Anchor[], digests: ReadonlyMap<string, string>): void {
  for (const { kind, sha256: said } of anchors)
    if (kind === 'tsa' && digests.get(INTENT_TIMESTAMP) !== said)
      throw new EvidenceError(
        `${INTENT_TIMESTAMP}: is not the time stamp that the journal says was had before the fault`,
      );
}

function agree(
  manifest: RunManifest,
  whole: ReadonlyMap<string, Buffer>,
  digests: ReadonlyMap<string, string>,
): Pick<SealedRun, 'intent' | 'report' | 'torn' | 'anchors' | 'operators' | 'testers' | 'ended'> {
  const bytesOf = (path: string): Buffer => whole.get(path) as Buffer;
  const intent = shaped(intentSchema, bytesOf('intent.json'), 'intent.json');
  const plan = shaped(planSchema, bytesOf('plan.json'), 'plan.json');
  const declared = (said: string | undefined, found: string | undefined, where: string, what: string): void => {
    if (said !== undefined && said !== found)
      throw new EvidenceError(`${where}: ${what} is not what intent.json declared before the run`);
  };
  declared(intent.run, manifest.run, MANIFEST, 'its run');
  declared(intent.scenarioSha256, digests.get('scenario.yaml'), 'scenario.yaml', 'it');
  declared(
    intent.criteriaSha256,
    criteriaOf(plan),
    'plan.json',
    'what is judged (objectives, settings, what people declared)',
  );
  declared(intent.planSha256, digests.get('plan.json'), 'plan.json', 'it');
  declared(intent.scenarioSha256, plan.scenario.sha256, 'plan.json', 'its scenario');
  declared(intent.scenario, plan.scenario.name, 'plan.json', 'its scenario');
  const { head, run, torn, anchors, operators, ended } = followChain(
    bytesOf('journal.ndjson'),
    sha256(bytesOf('intent.json')),
  );
  if (head !== manifest.journalHead)
    throw new EvidenceError('journal.ndjson: its last event is not the manifest’s head');
  if (run !== manifest.run)
    throw new EvidenceError(`journal.ndjson: expected run ${manifest.run}, got ${shownPath(run)}`);
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
  const testers = (plan.declared?.testers ?? []).map(({ name }) => name);
  return { intent, report, torn, anchors, operators, testers, ended };
}

function criteriaOf({ objectives, settings, declared }: z.infer<typeof planSchema>): string {
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

/** The value itself: every member stands in the order in which it was read. */
function shaped<T extends z.ZodType>(schema: T, bytes: Buffer, where: string): z.infer<T> {
  // As each of them is written by the harness; compact where a test or a tool of ours wrote it.
  const value = parseExact(bytes, where, bytes.includes(0x0a) ? 2 : 0);
  const { success, error } = schema.safeParse(value);
  if (success) return value as z.infer<T>;
  const [issue] = error.issues;
  throw new EvidenceError(
    `${where}: at ${shownPath(issue?.path.join('.') ?? '')}: ${shownPath(issue?.message ?? 'not what is expected there')}`,
  );
}
