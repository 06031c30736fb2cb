import { z } from 'zod';
import { EvidenceError } from '../errors.ts';
import { canonicalJson } from '../history/chain.ts';
import { digestFile, ENVELOPES, listFiles, MANIFEST, readWhole, sha256, shownPath, UNLISTED } from './bundle-files.ts';
import { parseExact } from './exact-json.ts';
import { followChain } from './journal-chain.ts';
import { type Manifest, parseManifest } from './manifest.ts';

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
  declared: z.unknown().optional(),
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
      objective: z.looseObject({ id: z.string() }),
      statement: z.string(),
      unit: z.string(),
      measured: z.strictObject({ lower: bound, upper: bound.nullable() }).nullable(),
      verdict,
      reason: z.string(),
    }),
  ),
  faults: z.array(z.looseObject({ requested: z.unknown(), gone: z.unknown() })),
});

export type SealedIntent = z.infer<typeof intentSchema>;
export type SealedReport = z.infer<typeof reportSchema>;

/** A run directory that is what its manifest says, and that agrees with itself. */
export interface Sealed {
  readonly manifest: Manifest;
  readonly manifestSha256: string;
  readonly intent: SealedIntent;
  readonly report: SealedReport;
  /** Hex SHA-256 of a file of the manifest, by path. */
  readonly digests: ReadonlyMap<string, string>;
  readonly bytes: number;
  /** The journal's last line was being written when the run died. */
  readonly torn: boolean;
  /** The envelopes that are there. */
  readonly envelopes: readonly string[];
}

/** Read once, whole; every other file as a stream. */
const WHOLE: ReadonlySet<string> = new Set(['intent.json', 'plan.json', 'journal.ndjson', 'report.json']);

/**
 * Verifies everything in a run directory but its signature, in this order: the manifest, that no file is missing or extra, every file's size and SHA-256, the
 * digests that the intent declares, the journal's chain, and that the report is about this plan and this journal. An EvidenceError names the first
 * thing that is wrong: `<place>: <what>`.
 */
export function verifySealed(directory: string): Sealed {
  const there = new Set(listFiles(directory));
  if (!there.has(MANIFEST)) throw new EvidenceError(`${MANIFEST}: is missing; this is no sealed run`);
  const manifestBytes = readWhole(directory, MANIFEST);
  const manifest = parseManifest(manifestBytes);
  for (const { path } of manifest.files)
    if (!there.has(path)) throw new EvidenceError(`${path}: stands in the manifest, and is missing`);
  const listed = new Set(manifest.files.map(({ path }) => path));
  for (const path of there) {
    if (!listed.has(path) && !UNLISTED.has(path))
      throw new EvidenceError(`${shownPath(path)}: does not stand in the manifest`);
  }
  const whole = new Map<string, Buffer>();
  for (const file of manifest.files) compare(directory, file, whole);
  for (const path of WHOLE) if (!whole.has(path)) throw new EvidenceError(`${path}: does not stand in the manifest`);
  const digests = new Map(manifest.files.map((file) => [file.path, file.sha256]));
  return {
    manifest,
    manifestSha256: sha256(manifestBytes),
    ...agree(manifest, whole, digests),
    digests,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    envelopes: ENVELOPES.filter((path) => there.has(path)),
  };
}

function compare(directory: string, file: Manifest['files'][number], whole: Map<string, Buffer>): void {
  let got: { bytes: number; sha256: string };
  if (WHOLE.has(file.path)) {
    const bytes = readWhole(directory, file.path);
    whole.set(file.path, bytes);
    got = { bytes: bytes.length, sha256: sha256(bytes) };
  } else got = digestFile(directory, file.path);
  if (got.bytes !== file.bytes) throw new EvidenceError(`${file.path}: expected ${file.bytes} bytes, got ${got.bytes}`);
  if (got.sha256 !== file.sha256)
    throw new EvidenceError(`${file.path}: its content has changed (SHA-256 ${got.sha256}, expected ${file.sha256})`);
}

function agree(
  manifest: Manifest,
  whole: ReadonlyMap<string, Buffer>,
  digests: ReadonlyMap<string, string>,
): Pick<Sealed, 'intent' | 'report' | 'torn'> {
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
  const { head, run, torn } = followChain(bytesOf('journal.ndjson'), sha256(bytesOf('intent.json')));
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
  return { intent, report, torn };
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
