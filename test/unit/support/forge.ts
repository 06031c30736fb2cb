import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeManifest } from '../../../src/evidence/manifest.ts';
import { canonicalJson, lineHash, sha256Hex } from '../../../src/history/chain.ts';
import { type JsonObject, readJson, writeJson } from './json-file.ts';

type Events = readonly JsonObject[];

/** What is changed of a run. Everything that has to say the same is changed with it, but by what is given as a lie. */
export interface Forgery {
  readonly run?: string;
  readonly plan?: (plan: JsonObject) => void;
  readonly report?: (report: JsonObject) => void;
  /** Its events; numbers and hashes follow. */
  readonly journal?: (events: Events) => Events;
  /** Last of all, of files whose digests alone follow. */
  readonly lies?: {
    readonly plan?: (plan: JsonObject) => void;
    readonly intent?: (intent: JsonObject) => void;
    readonly journal?: (events: Events) => Events;
    readonly report?: (report: JsonObject) => void;
  };
}

const part = (of: JsonObject, name: string): JsonObject => of[name] as JsonObject;

/** What somebody can do who has everything but the key: changes, and a record that agrees with itself again, but for the lies. */
export function forge(directory: string, { lies = {}, ...change }: Forgery): void {
  const at = (name: string): string => join(directory, name);
  const [plan, intent, report] = ['plan.json', 'intent.json', 'report.json'].map((name) => readJson(at(name))) as [
    JsonObject,
    JsonObject,
    JsonObject,
  ];
  const lines = readFileSync(at('journal.ndjson'), 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as JsonObject);
  change.plan?.(plan);
  change.report?.(report);
  const run = change.run ?? (intent.run as string);
  const scenario = part(plan, 'scenario').name;
  const meant = { plan: structuredClone(plan), intent };
  lies.plan?.(plan);
  writeJson(at('plan.json'), plan);
  const { objectives, settings, declared } = plan;
  const criteriaSha256 = sha256Hex(
    canonicalJson({ objectives, settings, ...(declared !== undefined && { declared }) }),
  );
  Object.assign(intent, { run, scenario, criteriaSha256, planSha256: sha256Hex(readFileSync(at('plan.json'))) });
  meant.intent = structuredClone(intent);
  lies.intent?.(intent);
  writeJson(at('intent.json'), intent);

  const told = (change.journal?.(events) ?? events)
    .map((event, index) => (index === 0 ? { ...event, data: { ...(event.data as JsonObject), run, scenario } } : event))
    .map((event) => asReported(event, report))
    .filter((event) => event !== null);
  const journalHead = writeJournal(at('journal.ndjson'), lies.journal?.(told) ?? told, at('intent.json'));
  agree(report, { ...meant, events: told, criteriaSha256 });
  Object.assign(part(report, 'run'), { id: run, journalHead });
  lies.report?.(report);
  writeJson(at('report.json'), report);
  unsign(directory);
  writeManifest(directory, run);
}

/** An event as the report has it: how the run ended, and which faults went. */
function asReported(event: JsonObject, report: JsonObject): JsonObject | null {
  const data = event.data as JsonObject;
  const { outcome, reason } = part(report, 'run');
  if (event.type === 'run-ended') return { ...event, data: { ...data, outcome, reason } };
  const own = (report.faults as JsonObject[]).find(({ id }) => id === data.fault);
  return event.type === 'fault-gone' && own?.gone === null ? null : event;
}

/** Numbers, hashes: the head. */
function writeJournal(file: string, events: Events, intent: string): string {
  let prev = sha256Hex(readFileSync(intent));
  const chained = events.map((one, index) => {
    const event: JsonObject = { ...one, seq: index, prev };
    prev = lineHash(event);
    const { seq, at_us, wall, type, data, prev: before } = event;
    return JSON.stringify({ seq, at_us, wall, type, data, prev: before, hash: prev });
  });
  writeFileSync(file, chained.map((line) => `${line}\n`).join(''));
  return chained.length === 0 ? '' : prev;
}

/** The report says what plan, intent and journal say. */
function agree(
  report: JsonObject,
  {
    plan,
    intent,
    events,
    criteriaSha256,
  }: { plan: JsonObject; intent: JsonObject; events: Events; criteriaSha256: string },
): void {
  const { name, title, hypothesis, tier } = part(plan, 'scenario');
  const { name: platform, environment } = part(plan, 'platform');
  Object.assign(part(report, 'run'), { scenario: name, title, hypothesis, tier, environment });
  for (const fact of report.facts as JsonObject[])
    if (fact.fact === 'platform') fact.value = `${platform} (${environment})`;
  const wanted = plan.objectives as JsonObject[];
  const judged = (report.objectives as JsonObject[]).slice(0, wanted.length);
  report.objectives = judged.map((result, index) => ({ ...result, objective: wanted[index] }));
  const verdicts = (report.objectives as JsonObject[]).map(({ verdict }) => verdict);
  const worst = ['fail', 'unknown'].find((one) => verdicts.includes(one)) ?? 'pass';
  report.reasons = report.verdict === worst ? [] : [{ verdict: report.verdict, subject: 'forged', text: 'forged' }];
  if (report.dora === undefined) return;
  const { authorisation } = (events[0]?.data ?? {}) as JsonObject;
  const sequence = intent.sequence as JsonObject | undefined;
  Object.assign(part(report, 'dora'), {
    criteriaSha256,
    criteriaDeclared: true,
    declared: plan.declared ?? null,
    attempt: sequence === undefined ? null : { series: sequence.series, counter: sequence.counter },
    authorisation: authorisation === undefined ? null : allowed(authorisation as JsonObject),
  });
}

function allowed({ operator, ticket, approver, window }: JsonObject): JsonObject {
  const { from, to } = window as JsonObject;
  return { operator, ticket, approver, from, to };
}

export function unsign(directory: string): void {
  for (const name of ['manifest.dsse.json', 'objectives.dsse.json']) rmSync(join(directory, name), { force: true });
}
