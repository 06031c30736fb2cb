#!/usr/bin/env node
/*
 * Verifies the directory of a drill's run, of an exercise, or of a masked report of either, offline:
 *
 *   node verify.mjs DIRECTORY [--public-key FILE] [--public-key ROLE=FILE] [--tsa-ca FILE] [--all] [--original DIRECTORY]
 *
 * One file for Node 18 or later, without dependencies, written apart from the harness, so that nobody need trust the harness to check what it recorded. Get it, and the
 * public keys, from somewhere else than the bundle: who forges a bundle forges what lies in it.
 *
 * --public-key FILE       of whoever must have sealed it; several: any of them
 * --public-key ROLE=FILE  of whoever must have signed a statement over it (a sign-off, an amendment) in this role
 * --tsa-ca FILE           certificates (PEM) of the authorities whose time stamp (RFC 3161) it must have
 * --original DIRECTORY    of a masked report: what was sealed, of which it must be
 * --all                   every run and exercise below the directory, and whether a run is missing among them by its counter
 *
 * Exit codes: 0 verifies · 4 bad input · 6 does not verify, with the first thing that is wrong as `place: what`.
 *
 * What it checks, in this order: manifest.json; that no file is missing or extra, and all are plain files; size and SHA-256 of each; what intent.json declared before the run
 * (scenario, plan, criteria); the hash chain of journal.ndjson, which begins with that run; that report.json says of the run, its scenario, platform, faults and end what plan, intent
 * and journal say, and that its verdict follows from what it says; of an exercise that its verdicts follow from each other and from the reports of the runs beside it; the DSSE envelopes (v1.0.2, Ed25519) and their in-toto v1
 * statements; time stamps (RFC 3161) over the manifest and the intent; what people signed over the manifest. Whether the figures in the report follow from the records is
 * what `drill check` computes again. That the last statement of a person, or the last run of a series, was taken away cannot be seen from the directory alone.
 */
import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const ENVELOPES = ['manifest.dsse.json', 'objectives.dsse.json'];
const OUTSIDE = ['manifest.json', ...ENVELOPES, 'manifest.tsr'];
const STATEMENT = /^statements\/[0-9]{4}\.dsse\.json$/;
const NEEDED = ['intent.json', 'plan.json', 'journal.ndjson', 'report.json'];
const KEPT = [...NEEDED, 'exercise.json', 'intent.tsr'];
const MAX_WHOLE = 268435456;
const MAX_TIMESTAMP = 65536;
const MAX_STATEMENT = 4194304;
const MAX_DEPTH = 16;
const MASKED = 'a masked report, which is no sealed run: it is verified by itself, as DIRECTORY';
/** What a masked report is made of, by its kind: the last of them is what the others are made of. */
const MASKED_FILES = { run: ['junit.xml', 'report.html', 'report.json'], exercise: ['exercise.html', 'exercise.json'] };

/** Something does not verify. */
class Finding extends Error {
  constructor(place, what) {
    super(`${place}: ${what}`);
    this.place = place;
    this.what = what;
  }
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const isHex = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isText = (value) => typeof value === 'string';
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value) =>
  Array.from(String(value).slice(0, 400), (c) =>
    c >= ' ' && c <= '~' ? c : `\\u{${c.codePointAt(0).toString(16)}}`,
  ).join('');
/** Exactly these members, in this order. */
const has = (value, ...names) => isObject(value) && Object.keys(value).join() === names.join();

/** Everything below a directory that is a plain file; anything but files and directories is a finding. */
function list(directory) {
  const files = [];
  const visit = (below, depth) => {
    for (const entry of readdirSync(join(directory, below), { withFileTypes: true })) {
      const path = below + entry.name;
      if (entry.isFile()) files.push(path);
      else if (!entry.isDirectory()) throw new Finding(shown(path), 'neither a plain file nor a directory');
      else if (depth >= MAX_DEPTH) throw new Finding(shown(path), 'too deep');
      else visit(`${path}/`, depth + 1);
    }
  };
  visit('', 1);
  return files.sort();
}

/** One reading of a file: its size, its SHA-256, and its bytes where they are wanted. */
function read(directory, path, keep, atMost = MAX_WHOLE) {
  let file;
  try {
    file = openSync(join(directory, path), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    throw new Finding(shown(path), `cannot be read (${error.code})`);
  }
  try {
    if (!fstatSync(file).isFile()) throw new Finding(shown(path), 'no plain file');
    const hash = createHash('sha256');
    const kept = [];
    const buffer = Buffer.alloc(1048576);
    let bytes = 0;
    for (;;) {
      const n = readSync(file, buffer, 0, buffer.length, null);
      if (n === 0) break;
      bytes += n;
      hash.update(buffer.subarray(0, n));
      if (keep && bytes > atMost) throw new Finding(shown(path), 'too long');
      if (keep) kept.push(Buffer.from(buffer.subarray(0, n)));
    }
    return { bytes, sha256: hash.digest('hex'), content: Buffer.concat(kept) };
  } finally {
    closeSync(file);
  }
}

function utf8(bytes, place) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Finding(place, 'not UTF-8');
  }
}

/** JSON that has no second reading: written again it is the same text. Duplicate keys, numbers out of range, and trailing bytes are not. */
function json(bytes, place, pretty) {
  const text = utf8(bytes, place);
  try {
    const value = JSON.parse(text);
    if (text === (pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value))) return value;
  } catch {
    throw new Finding(place, 'not JSON');
  }
  throw new Finding(place, 'JSON in another spelling than it is written in');
}

/** RFC 8785, for safe integers and well-formed text. Null for all else. */
function canonical(value) {
  if (typeof value === 'number')
    return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
      ? null
      : JSON.stringify(value);
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? null : JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    const parts = value.map(canonical);
    return parts.includes(null) ? null : `[${parts.join()}]`;
  }
  const members = Object.keys(value)
    .sort()
    .map((key) => [canonical(key), canonical(value[key])]);
  return members.flat().includes(null) ? null : `{${members.map((pair) => pair.join(':')).join()}}`;
}

function canonicalOr(value, place) {
  let text = null;
  try {
    text = canonical(value);
  } catch {
    // Too deep.
  }
  if (text === null) throw new Finding(place, 'has no canonical JSON');
  return text;
}

function plainPath(path) {
  const names = path.split('/');
  return (
    path.length <= 400 &&
    names.length <= MAX_DEPTH &&
    names.every((name) => /^[!-~]+$/.test(name) && !/["*:<>?\\|]/.test(name) && !name.endsWith('.'))
  );
}

function readManifest(bytes) {
  const manifest = json(bytes, 'manifest.json', true);
  const wrong = (what) => {
    throw new Finding('manifest.json', what);
  };
  const { schema, run, exercise, journalHead, files } = isObject(manifest) ? manifest : {};
  const ofExercise = schema === 'drill/exercise-manifest/1';
  const members = ofExercise ? ['schema', 'exercise', 'files'] : ['schema', 'run', 'journalHead', 'files'];
  if (!has(manifest, ...members) || !Array.isArray(files) || !(ofExercise || schema === 'drill/manifest/1'))
    wrong('no manifest');
  const id = ofExercise ? exercise : run;
  if (!isText(id) || !/^[!-~]{1,200}$/.test(id)) wrong('names no run');
  if (!ofExercise && journalHead !== '' && !isHex(journalHead)) wrong('no head of the journal');
  const lower = new Set();
  let last = '';
  for (const file of files) {
    if (!has(file, 'path', 'bytes', 'sha256')) wrong('not a file');
    if (!isText(file.path) || !isHex(file.sha256) || !Number.isSafeInteger(file.bytes) || file.bytes < 0)
      wrong('not a file');
    const folded = file.path.toLowerCase();
    if (OUTSIDE.includes(folded) || folded.split('/')[0] === 'statements' || !plainPath(file.path))
      wrong(`${shown(file.path)} cannot be listed`);
    if (file.path <= last) wrong(`${file.path} is there twice or out of order`);
    last = file.path;
    if (lower.has(last.toLowerCase())) wrong(`${last} differs from another path in case only`);
    lower.add(last.toLowerCase());
  }
  return manifest;
}

const isTimetable = (it) => isObject(it) && [it.probe, it.service, it.site, it.client].every(isText);
const isOptional = (value, test) => value === undefined || test(value);

function readIntent(value) {
  const names = ['run', 'scenario', 'scenarioSha256', 'criteriaSha256', 'planSha256', 'harness'];
  const { sequence } = isObject(value) ? value : {};
  const placed =
    sequence === undefined ||
    (isObject(sequence) && isText(sequence.series) && Number.isSafeInteger(sequence.counter) && sequence.counter > 0);
  if (!isObject(value) || !names.every((name) => isText(value[name])) || !placed)
    throw new Finding('intent.json', 'no intent: it declares nothing before the run, or not all');
  return value;
}

function readPlan(value) {
  const wrong = (what) => {
    throw new Finding('plan.json', what);
  };
  const { scenario, platform, timetables, timeline, notMeasured, objectives, settings, declared } = isObject(value)
    ? value
    : {};
  const { dora = null, tier } = isObject(scenario) ? scenario : {};
  if (!isObject(scenario) || ![scenario.name, scenario.sha256, scenario.title, scenario.hypothesis].every(isText))
    wrong('names no scenario');
  if (!(tier === null || Number.isSafeInteger(tier))) wrong('names no scenario');
  if (dora !== null && !(isObject(dora) && [dora.class, dora.function, dora.owner].every(isText)))
    wrong('names no scenario');
  if (!isObject(platform) || ![platform.name, platform.environment].every(isText)) wrong('names no platform');
  if (!Array.isArray(platform.sites) || !platform.sites.every((it) => isObject(it) && isText(it.name)))
    wrong('names no platform');
  if (!Array.isArray(timetables) || !timetables.every(isTimetable)) wrong('has no timetables');
  const isFault = (it) => isObject(it) && [it.id, it.type, it.site].every(isText) && typeof it.disaster === 'boolean';
  if (!Array.isArray(timeline) || !timeline.every(isFault)) wrong('has no timeline');
  const isGap = (it) => isObject(it) && isText(it.what) && isText(it.why);
  if (!Array.isArray(notMeasured) || !notMeasured.every(isGap)) wrong('does not say what is not measured');
  if (!Array.isArray(objectives) || !isObject(settings)) wrong('has no objectives and settings');
  const testers = isObject(declared) ? declared.testers : undefined;
  if (declared !== undefined && !isObject(declared)) wrong('no declaration');
  if (testers !== undefined && !(Array.isArray(testers) && testers.every((it) => isObject(it) && isText(it.name))))
    wrong('no testers');
  return value;
}

function readReport(value) {
  const verdicts = ['pass', 'fail', 'unknown'];
  const measured = (it) =>
    it === null ||
    (isObject(it) &&
      Object.keys(it).sort().join() === 'lower,upper' &&
      typeof it.lower === 'number' &&
      (it.upper === null || typeof it.upper === 'number'));
  const isFact = (it) => isObject(it) && isText(it.fact) && isText(it.value);
  const { run } = isObject(value) ? value : {};
  const good =
    isObject(run) &&
    isText(value.harness) &&
    [run.id, run.scenario, run.environment, run.journalHead].every(isText) &&
    ['completed', 'aborted', 'failed'].includes(run.outcome) &&
    Array.isArray(run.defects) &&
    run.defects.every(isText) &&
    verdicts.includes(value.verdict) &&
    Array.isArray(value.reasons) &&
    value.reasons.every((it) => isObject(it) && verdicts.includes(it.verdict)) &&
    isOptional(value.facts, (facts) => Array.isArray(facts) && facts.every(isFact)) &&
    isOptional(value.notMeasured, Array.isArray) &&
    isOptional(value.views, (views) => Array.isArray(views) && views.every(isTimetable)) &&
    isOptional(value.dora, (dora) => isObject(dora) && Object.hasOwn(dora, 'entered')) &&
    Array.isArray(value.faults) &&
    value.faults.every((it) => isObject(it) && Object.hasOwn(it, 'requested') && Object.hasOwn(it, 'gone')) &&
    Array.isArray(value.objectives) &&
    value.objectives.every(
      (it) =>
        isObject(it) &&
        isObject(it.objective) &&
        (it.objective.metric === undefined || isText(it.objective.metric)) &&
        [it.objective.id, it.statement, it.unit, it.reason].every(isText) &&
        measured(it.measured) &&
        verdicts.includes(it.verdict),
    );
  if (!good) throw new Finding('report.json', 'no report');
  return value;
}

/** Follows the journal from the digest of intent.json to its last whole line. */
function followJournal(bytes, intentSha256) {
  const lines = utf8(bytes, 'journal.ndjson').split('\n');
  const torn = lines.pop() !== '';
  let previous = intentSha256;
  let now = 0;
  const facts = { started: null, origin: '', ended: null, stopped: [], filled: new Set(), faults: new Map() };
  let operators = null;
  let faults = false;
  let ended = '';
  const anchors = [];
  lines.forEach((line, i) => {
    const wrong = (what) => {
      throw new Finding(`journal.ndjson line ${i + 1}`, what);
    };
    let event;
    let same = false;
    try {
      event = JSON.parse(line);
      same = JSON.stringify(event) === line;
    } catch {
      wrong('not JSON');
    }
    if (!same || !has(event, 'seq', 'at_us', 'wall', 'type', 'data', 'prev', 'hash'))
      wrong('not an event as it is written');
    const { hash, ...rest } = event;
    if (event.seq !== i) wrong('a number is left out, or two lines changed places');
    if (event.prev !== previous) wrong('does not follow from what is before it');
    if (sha256(canonicalOr(rest, `journal.ndjson line ${i + 1}`)) !== hash) wrong('its hash is not that of the line');
    if (!Number.isSafeInteger(event.at_us) || event.at_us < now) wrong('is before the line before it');
    if (event.type === 'run-started') {
      if (i > 0) wrong('a second run-started');
      if (isObject(event.data)) operators = operatorsOf(event.data);
    }
    takeFacts(facts, event);
    faults ||= event.type === 'undo-recorded' || event.type === 'fault-requested';
    if (event.type === 'anchored') {
      if (!isAnchor(event.data)) wrong('an anchor that is none');
      if (faults) wrong('an anchor after the first fault');
      anchors.push(event.data);
    }
    previous = hash;
    now = event.at_us;
    ended = isText(event.wall) ? event.wall : '';
  });
  return { head: lines.length === 0 ? '' : previous, facts, torn, operators, anchors, ended };
}

/** Who ran it, and whom those who allowed it took for its operator. */
function operatorsOf({ operators, authorisation }) {
  const said = Array.isArray(operators) && operators.every(isText) ? operators : [];
  const allowed = isObject(authorisation) && isText(authorisation.operator) ? authorisation.operator : '';
  return namesOf([...said, ...allowed.split(', then ')]);
}

/** Those that are names; null: there are none, so it was not recorded. */
function namesOf(said) {
  const names = said.filter((name) => plain(name) !== '');
  return names.length === 0 ? null : names;
}

const INSTANTS = ['fault-requested', 'fault-effective', 'fault-lapsed', 'fault-release-requested', 'fault-gone'];

/** What one event says of the run in plain words, which its report has to say as well. What is not as its type has it is passed over. */
function takeFacts(facts, { seq, at_us, wall, type, data }) {
  const of = isObject(data) ? data : {};
  if (type === 'run-started') {
    if ([of.run, of.scenario, of.harness].every(isText)) facts.started = of;
    const origin = new Date(Date.parse(String(wall)) - at_us / 1000);
    facts.origin = Number.isNaN(origin.getTime()) ? String(wall) : origin.toISOString();
  } else if (type === 'run-ended') {
    if (['completed', 'aborted', 'failed'].includes(of.outcome) && isText(of.reason)) facts.ended = of;
  } else if (type === 'stop-condition') {
    const { condition, observed } = of;
    if (isText(condition) && isText(observed)) facts.stopped.push({ at_us, condition, observed });
  } else if (type === 'read-back-done') {
    if (Number.isSafeInteger(of.asked) && of.asked >= 1) facts.filled.add('read-back.csv');
  } else if (type === 'later-read') {
    if (Number.isSafeInteger(of.asked) && of.asked >= 1) facts.filled.add('later.csv');
  } else if (type === 'graph-census') {
    if (Number.isSafeInteger(of.rows) && of.rows >= 1) facts.filled.add('graph.csv');
  } else if (type === 'restore-tested') facts.filled.add('restore-test.csv');
  else if (type === 'timetable-started') facts.filled.add('history.csv');
  else if (INSTANTS.includes(type)) {
    const { fault, disaster, notBefore_us, notAfter_us } = of;
    const whole = Number.isSafeInteger(notBefore_us) && Number.isSafeInteger(notAfter_us);
    if (!isText(fault) || typeof disaster !== 'boolean' || !whole) return;
    if (type === 'fault-requested' && !(isText(of.type) && isText(of.target))) return;
    const own = facts.faults.get(fault) ?? { asked: null, instants: [] };
    own.instants.push({ type, at: { notBefore_us, notAfter_us } });
    if (type === 'fault-requested') own.asked ??= { type: of.type, target: of.target, disaster, order: seq };
    facts.faults.set(fault, own);
  }
}

/** Every planned fault, in the plan's order, then those that only the journal knows, in the order of their requests. */
function faultsOf({ faults }, planned) {
  const known = planned.map(({ id, type, site, disaster }) => ({ id, type, target: site, disaster }));
  const others = [...faults]
    .filter(([id, { asked }]) => asked !== null && !planned.some((one) => one.id === id))
    .sort(([, a], [, b]) => a.asked.order - b.asked.order)
    .map(([id, { asked }]) => ({ id, type: asked.type, target: asked.target, disaster: asked.disaster }));
  return [...known, ...others].map((fault) => {
    const own = faults.get(fault.id)?.instants ?? [];
    const of = (type) => own.filter((one) => one.type === type).map(({ at }) => at);
    return {
      ...fault,
      requested: of('fault-requested')[0] ?? null,
      effective: of('fault-effective')[0] ?? null,
      lapsed: of('fault-lapsed'),
      releaseRequested: of('fault-release-requested')[0] ?? null,
      gone: of('fault-gone').pop() ?? null,
    };
  });
}

function authorisationOf({ started }) {
  const said = started?.authorisation;
  if (!isObject(said) || ![said.operator, said.ticket, said.approver].every(isText)) return null;
  const { operator, ticket, approver, window } = said;
  if (!isObject(window) || !isText(window.from) || !isText(window.to)) return null;
  return { operator, ticket, approver, from: window.from, to: window.to };
}

/** What a report says in the words of the plan, the intent and the journal is what these say; its verdict follows from what it says itself. */
function agreeReport(report, { intent, plan, facts, criteria, digests }) {
  const wrong = (what) => {
    throw new Finding('report.json', what);
  };
  const { scenario, platform } = plan;
  const { dora = null } = scenario;
  const { run } = report;
  const same = (name, said, expected) => {
    if (!isDeepStrictEqual(said, expected)) wrong(`another ${name} than the record beside it`);
  };
  same('scenario', run.scenario, scenario.name);
  same('title', run.title, scenario.title);
  same('hypothesis', run.hypothesis, scenario.hypothesis);
  same('tier', run.tier, scenario.tier);
  same('environment', run.environment, platform.environment);
  same('beginning', run.started, facts.origin);
  same('outcome', run.outcome, facts.ended?.outcome ?? 'aborted');
  if (facts.ended !== null) same('reason of its end', run.reason, facts.ended.reason);
  const declared = intent.criteriaSha256 === criteria;
  const { sequence } = intent;
  const ofDora = {
    criteriaSha256: criteria,
    criteriaDeclared: declared,
    attempt: sequence === undefined ? null : { series: sequence.series, counter: sequence.counter },
    authorisation: authorisationOf(facts),
    scenario: dora && { doraClass: dora.class, function: dora.function, owner: dora.owner },
    declared: (declared ? plan.declared : null) ?? null,
    stopped: facts.stopped,
  };
  for (const [name, expected] of Object.entries(ofDora))
    if (report.dora !== undefined && Object.hasOwn(report.dora, name)) same(name, report.dora[name], expected);

  const faults = faultsOf(facts, plan.timeline);
  if (report.faults.length !== faults.length) wrong('has other faults than plan and journal');
  faults.forEach((fault, i) => {
    for (const [name, expected] of Object.entries(fault)) same(`fault (${name})`, report.faults[i][name], expected);
  });

  const saidOfPlatform = {
    platform: `${platform.name} (${platform.environment})`,
    sites: platform.sites.map(({ name }) => name).join(', '),
  };
  for (const [name, expected] of Object.entries(saidOfPlatform)) {
    const fact = (report.facts ?? []).find((one) => one.fact === name);
    if (fact !== undefined) same(name, fact.value, expected);
  }
  for (const gap of plan.notMeasured)
    if (!(report.notMeasured ?? []).some((one) => isDeepStrictEqual(one, gap)))
      wrong('leaves out what the plan says is not measured');
  const key = ({ probe, service, site, client }) => JSON.stringify([probe, service, site, client]);
  const planned = plan.timetables.map(key);
  if ((report.views ?? []).some((view) => !planned.includes(key(view)))) wrong('has a view that is in no plan');

  agreeVerdict(report, wrong);
  if (report.verdict === 'pass')
    for (const path of facts.filled) if (!digests.has(path)) wrong(`says pass, and ${path} is missing`);
}

/** The verdict follows from what the report says itself. */
function agreeVerdict(report, wrong) {
  const { run } = report;
  const whole = [...report.objectives, ...report.reasons].map(({ verdict }) => verdict);
  const follows = whole.includes('fail') ? 'fail' : whole.includes('unknown') ? 'unknown' : 'pass';
  if (report.verdict !== follows) wrong(`says ${report.verdict} of what makes ${follows}`);
  if (report.verdict !== 'fail' && report.faults.some(({ requested, gone }) => requested && !gone))
    wrong(`says ${report.verdict} of a run whose fault was not seen to be gone`);
  if (report.verdict !== 'pass') return;
  if (run.outcome !== 'completed' || run.defects.length > 0 || report.objectives.length === 0)
    wrong('says pass of a run that did not go through, has defects, or was judged by nothing');
}

function isAnchor(data) {
  if (!isObject(data)) return false;
  const members = Object.keys(data).sort().join();
  if (data.kind === 'tsa') return members === 'kind,sha256' && isHex(data.sha256);
  if (data.kind === 'git') return members === 'kind,ref,remote' && isText(data.ref) && isText(data.remote);
  return data.kind === 'none' && members === 'kind,why' && isText(data.why);
}

/** The statements that the sealed files make, as bytes, in the order of their envelopes. */
function statements({ manifest, manifestSha256, intent, report, record, digests }) {
  const statement = (predicateType, predicate) =>
    Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'manifest.json', digest: { sha256: manifestSha256 } }],
        predicateType,
        predicate,
      }),
    );
  if (record)
    return [
      statement('urn:drill:exercise:v0.1', {
        exercise: { id: record.id, name: record.exercise, harness: record.harness, fileSha256: record.fileSha256 },
        record: { name: 'exercise.json', digest: { sha256: digests.get('exercise.json') } },
        started: record.started,
        ended: record.ended,
        verdict: record.verdict,
        steps: record.steps.map((step) => ({
          verdict: step.verdict,
          run: step.run ? { id: step.run.id, manifestSha256: step.run.manifestSha256 } : null,
        })),
        trustedTime: 'none',
      }),
    ];
  const { run, objectives, verdict } = report;
  const whole = run.outcome === 'completed' && run.defects.length === 0;
  const ids = objectives.map(({ objective }) => objective.id);
  const passedTests = objectives.filter((it) => whole && it.verdict === 'pass').map(({ objective }) => objective.id);
  const left = report.faults.some(({ requested, gone }) => requested && !gone);
  const passed = whole && verdict === 'pass' && !left && ids.length > 0 && passedTests.length === ids.length;
  const configuration = [];
  for (const name of ['scenario.yaml', 'plan.json', 'intent.json'])
    if (digests.has(name)) configuration.push({ name, digest: { sha256: digests.get(name) } });
  return [
    statement('https://in-toto.io/attestation/test-result/v0.1', {
      result: passed ? 'PASSED' : 'FAILED',
      configuration,
      passedTests: passed ? ['verdict', ...passedTests] : passedTests,
      warnedTests: [],
      failedTests: passed ? [] : ['verdict', ...ids.filter((id) => !passedTests.includes(id))],
    }),
    statement('urn:drill:measured-objectives:v0.1', {
      run: {
        id: run.id,
        scenario: run.scenario,
        environment: run.environment,
        outcome: run.outcome,
        harness: report.harness,
      },
      criteriaSha256: intent.criteriaSha256 ?? null,
      planSha256: intent.planSha256 ?? null,
      report: { name: 'report.json', digest: { sha256: digests.get('report.json') } },
      journalHead: manifest.journalHead,
      verdict,
      objectives: objectives.map((it) => ({
        objective: it.objective,
        statement: it.statement,
        unit: it.unit,
        measured: it.measured === null ? null : { lower: it.measured.lower, upper: it.measured.upper },
        verdict: it.verdict,
        reason: it.reason,
      })),
      trustedTime: 'none',
    }),
  ];
}

function readEnvelope(bytes, place) {
  const envelope = json(bytes, place, true);
  const one = isObject(envelope) && Array.isArray(envelope.signatures) && envelope.signatures.length === 1;
  const [signature] = one ? envelope.signatures : [];
  if (
    !one ||
    !has(envelope, 'payload', 'payloadType', 'signatures') ||
    !isText(envelope.payload) ||
    !isText(envelope.payloadType)
  )
    throw new Finding(place, 'no envelope with one signature');
  if (!isObject(signature) || !has(signature, 'keyid', 'sig') || !isHex(signature.keyid) || !isText(signature.sig))
    throw new Finding(place, 'no envelope with one signature');
  const decode = (text) => {
    const bytes = Buffer.from(text, 'base64');
    const spellings = [bytes.toString('base64'), bytes.toString('base64').replace(/\+/g, '-').replace(/\//g, '_')];
    if (!spellings.includes(text)) throw new Finding(place, 'not base64');
    return bytes;
  };
  return {
    payload: decode(envelope.payload),
    type: envelope.payloadType,
    keyid: signature.keyid,
    sig: decode(signature.sig),
  };
}

const keyIdOf = (key) => sha256(key.export({ type: 'spki', format: 'der' }));

function verifySignature({ payload, type, keyid, sig }, key, place) {
  // DSSE v1.0.2: PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  if (keyid !== keyIdOf(key))
    throw new Finding(place, `signed with another key (${keyid}) than the one given (${keyIdOf(key)})`);
  if (sig.length !== 64 || !verify(null, Buffer.concat([Buffer.from(head), payload]), key, sig))
    throw new Finding(place, 'the signature does not hold');
}

function verifyEnvelopes(directory, there, sealed, { seal }) {
  const expected = statements(sealed);
  const names = ENVELOPES.slice(0, expected.length);
  const present = names.filter((name) => there.includes(name));
  if (present.length === 0 && seal.length === 0) return { signed: 'no', keyId: null };
  const absent = names.find((name) => !present.includes(name));
  if (absent !== undefined) throw new Finding(absent, 'is missing: not signed, or the signature was taken away');
  const keyIds = names.map((name, i) => {
    const envelope = readEnvelope(read(directory, name, true).content, name);
    const key = seal.find((one) => keyIdOf(one) === envelope.keyid) ?? seal[0];
    if (key !== undefined) verifySignature(envelope, key, name);
    if (envelope.type !== 'application/vnd.in-toto+json') throw new Finding(name, 'no in-toto statement');
    if (!envelope.payload.equals(expected[i]))
      throw new Finding(name, 'is about another manifest, or says something else than the sealed files');
    return envelope.keyid;
  });
  if (keyIds.some((keyId) => keyId !== keyIds[0]))
    throw new Finding(ENVELOPES[1], 'signed with another key than the other envelope');
  return { signed: seal.length === 0 ? 'not checked' : 'yes', keyId: keyIds[0] };
}

/* What people signed over the manifest. */

const SIGN_OFF = 'urn:drill:sign-off:v0.1';
const AMENDMENT = 'urn:drill:amendment:v0.1';
/** A name or a role as it is compared: case, width, composition, spaces and what does not show do not count; by way of capitals, where ß and SS are one. */
const plain = (text) =>
  text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\s+/g, ' ')
    .trim();
/** No character that a terminal obeys, or that turns the direction of what follows; line ends may be. */
const isShown = (value, atMost) =>
  isText(value) &&
  value.length <= atMost &&
  Array.from(value).every((c) => {
    const n = c.codePointAt(0);
    if (n === 10) return true;
    return !(
      n < 32 ||
      (n >= 127 && n < 160) ||
      n === 0x2028 ||
      n === 0x2029 ||
      (n >= 0x202a && n <= 0x202e) ||
      (n >= 0x2066 && n <= 0x2069)
    );
  });
const isLine = (value) => isShown(value, 200) && !value.includes('\n') && value.trim() !== '';
const isRole = (value) => isText(value) && /^[^/=\p{C}]{1,100}$/u.test(value);

function readStatement(bytes, place) {
  const value = json(bytes, place, false);
  const wrong = () => {
    throw new Finding(place, 'no sign-off and no amendment');
  };
  if (!has(value, '_type', 'subject', 'predicateType', 'predicate')) wrong();
  const { _type, subject, predicateType, predicate } = value;
  if (_type !== 'https://in-toto.io/Statement/v1' || !Array.isArray(subject) || subject.length !== 1) wrong();
  const [one] = subject;
  if (!has(one, 'name', 'digest') || one.name !== 'manifest.json') wrong();
  if (!has(one.digest, 'sha256') || !isHex(one.digest.sha256)) wrong();
  const signOff = predicateType === SIGN_OFF;
  if (!signOff && predicateType !== AMENDMENT) wrong();
  const own = signOff ? ['decision', 'note'] : ['reason', 'attachment'];
  if (!has(predicate, 'number', 'previous', 'about', 'by', 'stated', ...own)) wrong();
  const { number, previous, about, by, stated, decision, note, reason, attachment } = predicate;
  if (!Number.isSafeInteger(number) || number < 1 || !(previous === null || isHex(previous)) || !isText(about)) wrong();
  if (!has(by, 'name', 'role') || !isLine(by.name) || !isRole(by.role)) wrong();
  if (!isText(stated) || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(stated)) wrong();
  if (signOff && !(['approved', 'rejected'].includes(decision) && isShown(note, 10000))) wrong();
  if (!signOff && !(isShown(reason, 10000) && /\S/.test(reason))) wrong();
  if (!signOff && attachment !== null) {
    if (!has(attachment, 'name', 'text') || !isLine(attachment.name)) wrong();
    if (!isText(attachment.text) || attachment.text.length > 262144) wrong();
  }
  return { signOff, manifest: one.digest.sha256, ...predicate };
}

/** The key that must have signed, by the role that is claimed; null: none that was given. */
function keyForRole(role, keyid, { roles, seal }, place) {
  const ofRole = roles.filter((one) => plain(one.role) === plain(role));
  const key = ofRole.find((one) => keyIdOf(one.key) === keyid);
  if (key !== undefined) return key.key;
  if (ofRole.length > 0) throw new Finding(place, `another key than the one given for the role ${shown(role)}`);
  if (roles.some((one) => keyIdOf(one.key) === keyid))
    throw new Finding(place, `signed with the key of another role than ${shown(role)}`);
  return seal.find((one) => keyIdOf(one) === keyid) ?? null;
}

function verifyStatements(directory, there, sealed, signature, keys) {
  const found = [];
  let previous = null;
  there
    .filter((path) => STATEMENT.test(path))
    .forEach((path, i) => {
      const number = i + 1;
      const place = `statements/${String(number).padStart(4, '0')}.dsse.json`;
      if (path !== place) throw new Finding(place, 'is missing');
      const { content, sha256: digest } = read(directory, path, true, MAX_STATEMENT);
      const envelope = readEnvelope(content, place);
      if (envelope.type !== 'application/vnd.in-toto+json') throw new Finding(place, 'no in-toto statement');
      const said = readStatement(envelope.payload, place);
      const key = keyForRole(said.by.role, envelope.keyid, keys, place);
      if (key !== null) verifySignature(envelope, key, place);
      if (said.manifest !== sealed.manifestSha256) throw new Finding(place, 'is about another manifest');
      if (said.about !== sealed.id) throw new Finding(place, `is about ${shown(said.about)}`);
      if (said.number !== number) throw new Finding(place, 'has another number than its file');
      if (said.previous !== previous) throw new Finding(place, 'does not follow the one before it');
      previous = digest;
      found.push({ ...said, keyId: envelope.keyid, signed: key === null ? 'not checked' : 'yes' });
    });
  for (const { role } of keys.roles)
    if (!found.some((said) => said.signed === 'yes' && plain(said.by.role) === plain(role)))
      throw new Finding('statements', `none of the role ${shown(role)}, whose key was given`);
  const lastAmendment = Math.max(0, ...found.filter(({ signOff }) => !signOff).map(({ number }) => number));
  return found.map((said) => {
    const flags = [];
    const by = (names) => names.some((one) => plain(one) === plain(said.by.name));
    const at = Date.parse(said.stated);
    if (Number.isNaN(at) || new Date(at).toISOString() !== said.stated) flags.push('stated at an instant that is none');
    else if (at < Date.parse(sealed.ended)) flags.push(`stated before the end, which was at ${shown(sealed.ended)}`);
    if (said.signOff && sealed.operators === null) flags.push('who ran it was not recorded');
    else if (said.signOff && by(sealed.operators)) flags.push('NOT INDEPENDENT: by who ran it');
    if (said.signOff && by(sealed.testers)) flags.push('NOT INDEPENDENT: by who was declared as a tester');
    if (said.signOff) flags.push(...sealed.unseen.map((run) => `who made the run ${run} is not known here`));
    if (said.signOff && said.keyId === signature.keyId)
      flags.push('NOT INDEPENDENT: signed with the key that sealed it');
    if (said.signOff && lastAmendment > said.number) flags.push(`made before the amendment ${lastAmendment}`);
    return { ...said, flags };
  });
}

/* Time stamps: RFC 3161, in CMS (RFC 5652), in DER (X.690). */

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  ed25519: '1.3.101.112',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
};
const DIGEST = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const RSA = '1.2.840.113549.1.1.';
const ECDSA = '1.2.840.10045.4.3.';
/** The digest that a signature algorithm says; `of the signer`: what its signer says. */
const SIGNATURE = {
  [`${RSA}1`]: 'of the signer',
  [`${RSA}11`]: 'sha256',
  [`${RSA}12`]: 'sha384',
  [`${RSA}13`]: 'sha512',
  [`${ECDSA}2`]: 'sha256',
  [`${ECDSA}3`]: 'sha384',
  [`${ECDSA}4`]: 'sha512',
};

/** A reader of DER whose findings are at a place. */
function derAt(place) {
  const wrong = (what) => {
    throw new Finding(place, what);
  };
  const next = (bytes, from) => {
    if (from + 2 > bytes.length) wrong('ends in the middle');
    const tag = bytes[from];
    if ((tag & 31) === 31) wrong('no time stamp');
    let length = bytes[from + 1];
    let start = from + 2;
    if (length >= 128) {
      const octets = length - 128;
      if (octets < 1 || octets > 3 || start + octets > bytes.length) wrong('a length that is none');
      length = bytes.readUIntBE(start, octets);
      if (length < 128 || length < 256 ** (octets - 1)) wrong('a length in another spelling');
      start += octets;
    }
    if (start + length > bytes.length) wrong('ends in the middle');
    const end = start + length;
    return { tag, end, body: bytes.subarray(start, end), whole: bytes.subarray(from, end) };
  };
  const one = (bytes) => {
    const value = next(bytes, 0);
    if (value.end !== bytes.length) wrong('bytes after its end');
    return value;
  };
  const is = (value, tag) => (value !== undefined && value.tag === tag ? value : wrong('no time stamp'));
  const parts = (value, tag) => {
    const { body } = tag === undefined ? value : is(value, tag);
    const found = [];
    for (let at = 0; at < body.length; ) {
      const part = next(body, at);
      found.push(part);
      at += part.whole.length;
    }
    return found;
  };
  const oid = (value) => {
    const { body } = is(value, 6);
    const numbers = [];
    let n = 0;
    body.forEach((byte, i) => {
      const first = i === 0 || body[i - 1] < 128;
      if ((first && byte === 128) || n > 2 ** 40) wrong('an identifier that is none');
      n = n * 128 + (byte & 127);
      if (byte < 128) {
        numbers.push(n);
        n = 0;
      }
    });
    if (numbers.length === 0 || body[body.length - 1] >= 128) wrong('an identifier that is none');
    const root = Math.min(2, Math.floor(numbers[0] / 40));
    return [root, numbers[0] - 40 * root, ...numbers.slice(1)].join('.');
  };
  const algorithm = (value) => oid(parts(value, 48)[0]);
  const integer = (value, tag = 2) => {
    const { body } = is(value, tag);
    const padded = body.length > 1 && body[0] === 0 && body[1] < 128;
    if (body.length < 1 || body.length > 6 || body[0] >= 128 || padded) wrong('a number that is none');
    return body.readUIntBE(0, body.length);
  };
  return { wrong, one, is, parts, oid, algorithm, integer };
}

/** What an answer of an authority claims, once it is over this digest and its signature holds; `verified` with authorities to which its certificate leads. */
export function verifyTimestamp(bytes, digest, place, authorities) {
  const der = derAt(place);
  const { wrong, one, is, parts, oid, algorithm, integer } = der;
  if (bytes.length > MAX_TIMESTAMP) wrong('too long');
  const [statusInfo, contentInfo] = parts(one(bytes), 48);
  if (integer(parts(statusInfo, 48)[0]) > 1) wrong('the authority refused');
  const [contentType, content] = parts(contentInfo, 48);
  if (oid(contentType) !== OID.signedData) wrong('not signed');
  const signedData = parts(parts(content, 160)[0], 48);
  const [infoType, infoOctets] = parts(signedData[2], 48);
  if (oid(infoType) !== OID.tstInfo) wrong('no time stamp');
  const info = is(parts(infoOctets, 160)[0], 4).body;
  const certificates = signedData
    .filter(({ tag }) => tag === 160)
    .flatMap((list) => parts(list))
    .map((value) => {
      try {
        return new X509Certificate(is(value, 48).whole);
      } catch {
        return wrong('a certificate that is none');
      }
    });
  const signers = parts(signedData[signedData.length - 1], 49);
  if (signers.length !== 1) wrong('more or less than one signer');
  const leaf = verifySigner(parts(signers[0], 48), info, certificates, der);

  const [version, , imprint, , time, ...more] = parts(one(info), 48);
  const [hash, over] = parts(imprint, 48);
  if (integer(version) !== 1 || DIGEST[algorithm(hash)] !== 'sha256') wrong('no time stamp over a SHA-256');
  const when = timeOf(is(time, 24).body.toString('latin1'));
  if (when === null) wrong('a time that is none');
  const units = { 2: 1000, 128: 1, 129: 0.001 };
  const said = more.find(({ tag }) => tag === 48);
  const accuracyMs = said
    ? parts(said).reduce((sum, part) => sum + integer(part, part.tag) * (units[part.tag] ?? 0), 0)
    : null;
  if (is(over, 4).body.toString('hex') !== digest) wrong('is over another digest');
  if (authorities !== null) {
    const problem = chainProblem(leaf, certificates, authorities, Date.parse(when), der);
    if (problem !== null) wrong(problem);
  }
  const by = shown(leaf.subject.split('\n').join(', '));
  return { state: authorities === null ? 'claimed' : 'verified', time: when, accuracyMs, by };
}

function timeOf(text) {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/.exec(text);
  if (match === null) return null;
  const [y, mo, d, h, mi, s, fraction = ''] = match.slice(1);
  const iso = `${y}-${mo}-${d}T${h}:${mi}:${s}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) || date.toISOString() !== iso ? null : iso;
}

/** The certificate that signed, once it is the one that is named (RFC 5035) and its signature holds (RFC 5652, 5.4). */
function verifySigner(signer, info, certificates, { wrong, is, parts, oid, algorithm, one }) {
  const [, sid, digestAlgorithm, signedAttributes, signatureAlgorithm, signature] = signer;
  const digest = DIGEST[algorithm(digestAlgorithm)] ?? wrong('a digest that is too weak, or unknown');
  const attributes = new Map();
  for (const attribute of parts(signedAttributes, 160)) {
    const [name, values] = parts(attribute, 48);
    const [value, ...more] = parts(values, 49);
    if (value === undefined || more.length > 0 || attributes.has(oid(name))) wrong('an attribute that is not one');
    attributes.set(oid(name), value);
  }
  if (oid(attributes.get(OID.contentType)) !== OID.tstInfo) wrong('no time stamp');
  if (
    !createHash(digest)
      .update(info)
      .digest()
      .equals(is(attributes.get(OID.messageDigest), 4).body)
  )
    wrong('what is signed is another time stamp');
  const v2 = attributes.get(OID.signingCertificateV2);
  const [named] = parts(parts(v2 ?? attributes.get(OID.signingCertificate), 48)[0], 48);
  const ids = parts(named, 48);
  const says = v2 !== undefined && ids[0]?.tag === 48;
  const sha = v2 === undefined ? 'sha1' : says ? DIGEST[algorithm(ids[0])] : 'sha256';
  if (sha === undefined) wrong('a digest that is too weak, or unknown');
  const hash = is(ids[says ? 1 : 0], 4).body;
  const leaf = certificates.find(({ raw }) => createHash(sha).update(raw).digest().equals(hash));
  if (leaf === undefined) wrong('does not bring the certificate that signed it');
  if (sid?.tag === 48) {
    const [issuer, serial] = parts(sid);
    const fields = fieldsOf(leaf, { parts, one, is });
    if (!issuer?.whole.equals(is(fields[3], 48).whole) || !serial?.body.equals(is(fields[1], 2).body))
      wrong('names another certificate as its signer');
  }
  const by = algorithm(signatureAlgorithm);
  const { publicKey: key } = leaf;
  const ed = by === OID.ed25519;
  const weak = key.asymmetricKeyType === 'rsa' && !(key.asymmetricKeyDetails?.modulusLength >= 2048);
  if (ed ? key.asymmetricKeyType !== 'ed25519' : SIGNATURE[by] === undefined || weak)
    wrong('a signature that is too weak, or of an unknown kind');
  const with_ = ed ? null : SIGNATURE[by] === 'of the signer' ? digest : SIGNATURE[by];
  const encoded = Buffer.concat([Buffer.from([49]), signedAttributes.whole.subarray(1)]);
  let holds = false;
  try {
    holds = verify(with_, encoded, key, is(signature, 4).body);
  } catch {
    // It does not.
  }
  if (!holds) wrong('its signature does not hold');
  return leaf;
}

/** Version, serial number, algorithm, issuer, … of a certificate. */
function fieldsOf(certificate, { parts, one }) {
  const fields = parts(parts(one(certificate.raw), 48)[0], 48);
  return fields[0]?.tag === 160 ? fields : [undefined, ...fields];
}

/** Why no chain leads from `leaf` to an authority, each certificate valid at `at`; null: one does (RFC 5280, 6.1; RFC 3161, 2.3). Revocation is not looked at. */
function chainProblem(leaf, among, authorities, at, { parts, one, is, oid, algorithm, integer }) {
  const valid = ({ validFrom, validTo }) => Date.parse(validFrom) <= at && at <= Date.parse(validTo);
  const extensionsOf = (certificate) => {
    const found = new Map();
    const listed = fieldsOf(certificate, { parts, one }).find((field) => field?.tag === 163);
    const list =
      listed === undefined
        ? []
        : parts(listed)
            .slice(0, 1)
            .flatMap((value) => parts(value));
    for (const extension of list) {
      const [name, ...rest] = parts(extension);
      const critical = rest[0]?.tag === 1 && rest[0].body[0] !== 0;
      found.set(oid(name), { critical, value: is(rest[rest.length - 1], 4).body });
    }
    return found;
  };
  const understood = [OID.keyUsage, OID.basicConstraints, OID.certificatePolicies, OID.extendedKeyUsage];
  const allUnderstood = (found) => [...found].every(([name, { critical }]) => !critical || understood.includes(name));
  const stampsTimes = () => {
    const found = extensionsOf(leaf);
    const usage = found.get(OID.extendedKeyUsage);
    return (
      usage?.critical === true && allUnderstood(found) && parts(one(usage.value)).map(oid).join() === OID.timeStamping
    );
  };
  const mayIssue = (issuer, below) => {
    const found = extensionsOf(issuer);
    const basic = found.get(OID.basicConstraints);
    if (!issuer.ca || basic === undefined || !allUnderstood(found)) return false;
    const pathLength = parts(one(basic.value))[1];
    return pathLength === undefined || integer(pathLength) >= below;
  };
  // Certificates that all issue each other would make more ways than anybody can go.
  let looks = 0;
  const issued = (issuer, certificate) => {
    looks += 1;
    if (looks > 500) return false;
    try {
      const by = algorithm(parts(one(certificate.raw))[1]);
      const sound = by === OID.ed25519 || (SIGNATURE[by] !== undefined && by !== `${RSA}1`);
      return sound && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
    } catch {
      return false;
    }
  };
  const leads = (certificate, below) =>
    below < 6 &&
    (authorities.some((it) => valid(it) && issued(it, certificate) && mayIssue(it, below)) ||
      among.some(
        (it) =>
          !it.raw.equals(certificate.raw) &&
          valid(it) &&
          issued(it, certificate) &&
          mayIssue(it, below) &&
          leads(it, below + 1),
      ));
  if (!valid(leaf)) return `its certificate was valid from ${leaf.validFrom} to ${leaf.validTo}, and not then`;
  if (!stampsTimes()) return 'its certificate is not one for time stamps';
  return leads(leaf, 0) ? null : 'its certificate does not lead to an authority that was given';
}

function verifyTimestamps(directory, there, sealed, intentTsr, { authorities }) {
  const stamped = there.includes('manifest.tsr');
  if (!stamped && authorities !== null)
    throw new Finding('manifest.tsr', 'is missing: nobody stamped the time of this');
  const timestamp = stamped
    ? verifyTimestamp(
        read(directory, 'manifest.tsr', true, MAX_TIMESTAMP).content,
        sealed.manifestSha256,
        'manifest.tsr',
        authorities,
      )
    : null;
  if (intentTsr === undefined) return { timestamp, intentTimestamp: null };
  const intentTimestamp = verifyTimestamp(intentTsr, sealed.digests.get('intent.json'), 'intent.tsr', authorities);
  const slack = (timestamp?.accuracyMs ?? 0) + (intentTimestamp.accuracyMs ?? 0);
  if (timestamp !== null && Date.parse(intentTimestamp.time) - Date.parse(timestamp.time) > slack)
    throw new Finding('intent.tsr', 'is later than the time stamp from after the run');
  return { timestamp, intentTimestamp };
}

/* Exercises. */

function readRecord(value, manifest) {
  const verdicts = ['pass', 'fail', 'unknown'];
  const isJudged = (it) =>
    isObject(it) && [it.id, it.statement, it.reason].every(isText) && verdicts.includes(it.verdict);
  const isRun = (run) =>
    run === undefined ||
    run === null ||
    (isObject(run) &&
      isText(run.id) &&
      isText(run.path) &&
      isText(run.started) &&
      ['completed', 'aborted', 'failed'].includes(run.outcome) &&
      verdicts.includes(run.verdict) &&
      (run.manifestSha256 === null || isText(run.manifestSha256)));
  const good =
    isObject(value) &&
    [value.harness, value.id, value.exercise, value.fileSha256, value.started].every(isText) &&
    (value.ended === null || isText(value.ended)) &&
    Array.isArray(value.operators) &&
    value.operators.every(isText) &&
    verdicts.includes(value.verdict) &&
    Array.isArray(value.steps) &&
    value.steps.every(
      (step) =>
        isObject(step) &&
        ['scenario', 'person'].includes(step.kind) &&
        verdicts.includes(step.verdict) &&
        [step.scenario, step.entry, step.entered ?? undefined].every((it) => it === undefined || isText(it)) &&
        isOptional(step.objectives, (them) => Array.isArray(them) && them.every(isJudged)) &&
        (step.proves === undefined || (Array.isArray(step.proves) && step.proves.every(isText))) &&
        isRun(step.run),
    );
  if (!good) throw new Finding('exercise.json', 'no record of an exercise');
  if (value.id !== manifest.exercise) throw new Finding('exercise.json', 'is of another exercise');
  agreeSteps(value);
  return value;
}

/** `fail` beats `unknown` beats `pass`; of nothing: `unknown`. */
const worst = (verdicts) =>
  verdicts.includes('fail') ? 'fail' : verdicts.includes('unknown') || verdicts.length === 0 ? 'unknown' : 'pass';

/** The verdicts follow from each other: of a step from its run, or from what a person entered; of the whole from the steps. */
function agreeSteps({ verdict, steps }) {
  const wrong = (what) => {
    throw new Finding('exercise.json', what);
  };
  const runs = [];
  steps.forEach(({ kind, verdict: said, run, entered, entry }, i) => {
    const here = `step ${i + 1} says ${said}`;
    if (kind === 'person') {
      if (run) wrong(`${here} of a person, and has a run`);
      if (said === 'pass' && !(isText(entered) && isText(entry) && entry.trim() !== ''))
        wrong(`${here}, and nobody entered anything`);
    } else if (!run) {
      if (said !== 'unknown') wrong(`${here}, and has no run`);
    } else {
      // What a run left unproved makes the step unknown: that shows by the report alone.
      const may = [
        worst([run.verdict, run.outcome === 'completed' ? 'pass' : 'unknown']),
        worst([run.verdict, 'unknown']),
      ];
      if (!may.includes(said)) wrong(`${here} of a run that was ${run.outcome}, ${run.verdict}`);
      // A copy elsewhere is the same run.
      const names = [`at ${run.path}`, `run ${run.id}`];
      if (names.some((name) => runs.includes(name))) wrong(`step ${i + 1} has the run of another step`);
      runs.push(...names);
    }
  });
  const whole = worst(steps.map((step) => step.verdict));
  if (verdict !== whole) wrong(`says ${verdict} of steps that make ${whole}`);
}

/** What of a run says who made it and how it went: read again from the files under its manifest. */
function readPart(path, place) {
  const manifest = readManifest(read(path, 'manifest.json', true).content);
  const get = (name) => {
    const { content, sha256: digest } = read(path, name, true);
    if (manifest.files.find((file) => file.path === name)?.sha256 !== digest)
      throw new Finding(name, 'has changed since it was sealed');
    return content;
  };
  const parse = (name) => {
    const content = get(name);
    return json(content, name, content.includes(10));
  };
  try {
    const report = readReport(parse('report.json'));
    const plan = readPlan(parse('plan.json'));
    const journal = get('journal.ndjson');
    const { operators } = followJournal(journal, sha256(get('intent.json')));
    return { report, operators, testers: testersOf(plan) };
  } catch (error) {
    if (!(error instanceof Finding)) throw error;
    throw new Finding(`${place}/${error.place}`, error.what);
  }
}

/** A step says of its run what the run's own sealed report says. */
function agreeStep(step, number, { report }) {
  const wrong = (what) => {
    throw new Finding('exercise.json', `step ${number} ${what}`);
  };
  if (step.run.id !== report.run.id) wrong('names another run than the one in its place');
  if (step.scenario !== report.run.scenario) wrong('is of another scenario than its run');
  if (step.run.verdict !== report.verdict || step.run.outcome !== report.run.outcome)
    wrong(`says ${step.run.verdict} of a run whose report says ${report.verdict}`);
  if (step.run.started !== report.run.started) wrong('says that its run began at another time');
  const ends = (them) => them.map(({ id, statement, verdict, reason }) => ({ id, statement, verdict, reason }));
  const judged = report.objectives.map((it) => ({ ...it, id: it.objective.id }));
  if (!isDeepStrictEqual(ends(step.objectives ?? []), ends(judged))) wrong('says other objectives than its run');
  const proved = (step.proves ?? []).every((one) => report.objectives.some((it) => it.objective.metric === one));
  const whole = worst([report.verdict, report.run.outcome === 'completed' && proved ? 'pass' : 'unknown']);
  if (step.verdict !== whole) wrong(`says ${step.verdict}, and its run makes it ${whole}`);
}

/** The runs of an exercise that lie beside it as in a directory of reports are those that it lists, and say what it says of them. */
function listedRuns(directory, { steps }) {
  return steps.flatMap((step, i) => {
    const { run } = step;
    if (!run) return [];
    if (!plainPath(run.path)) throw new Finding('exercise.json', 'a run in a place that is none');
    const path = join(directory, '../../..', run.path);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
      return [{ run: shown(run.id), path: null, why: 'it is not here', part: null }];
    if (run.manifestSha256 === null)
      return [{ run: shown(run.id), path: null, why: 'it was not sealed when the exercise was', part: null }];
    if (read(path, 'manifest.json', false).sha256 !== run.manifestSha256)
      throw new Finding(`${run.path}/manifest.json`, 'is another than the exercise lists');
    const part = readPart(path, run.path);
    agreeStep(step, i + 1, part);
    return [{ run: shown(run.id), path, why: '', part }];
  });
}

export const NO_KEYS = { seal: [], roles: [], authorities: null };

/**
 * Throws a Finding (`place`, `message`) for the first thing that is wrong. `keys`: `seal`, KeyObjects (Ed25519) of which one must have sealed it; `roles`, `{ role, key }` of which
 * each must have signed a statement; `authorities`, X509Certificates whose time stamp it must have, or null. What has no key is not checked.
 */
export function verifyBundle(directory, keys = NO_KEYS) {
  const there = list(directory);
  if (!there.includes('manifest.json') && there.includes('masked.json')) throw new Finding('masked.json', MASKED);
  if (!there.includes('manifest.json')) throw new Finding('manifest.json', 'is missing');
  const manifestBytes = read(directory, 'manifest.json', true).content;
  const manifest = readManifest(manifestBytes);
  const digests = new Map(manifest.files.map((file) => [file.path, file.sha256]));
  for (const { path } of manifest.files) if (!there.includes(path)) throw new Finding(path, 'is missing');
  for (const path of there)
    if (!digests.has(path) && !OUTSIDE.includes(path) && !STATEMENT.test(path))
      throw new Finding(shown(path), 'is not in the manifest');
  const contents = {};
  for (const { path, bytes, sha256: digest } of manifest.files) {
    const got = read(directory, path, KEPT.includes(path));
    if (got.bytes !== bytes) throw new Finding(path, `has ${got.bytes} bytes, sealed were ${bytes}`);
    if (got.sha256 !== digest) throw new Finding(path, 'has changed since it was sealed');
    contents[path] = got.content;
  }
  const files = { manifest, manifestSha256: sha256(manifestBytes), digests };
  const sealed = manifest.exercise === undefined ? agreeRun(files, contents) : agreeExercise(files, contents, there);
  const signature = verifyEnvelopes(directory, there, sealed, keys);
  const times = verifyTimestamps(
    directory,
    there,
    sealed,
    sealed.kind === 'run' ? contents['intent.tsr'] : undefined,
    keys,
  );
  const runs = sealed.kind === 'run' ? [] : listedRuns(directory, sealed.record);
  const makers = [sealed, ...runs.flatMap(({ part }) => part ?? [])];
  const operators = makers.flatMap((one) => one.operators ?? []);
  const people = {
    operators: operators.length === 0 ? null : operators,
    testers: makers.flatMap((one) => one.testers),
    unseen: runs.filter(({ path }) => path === null).map(({ run }) => run),
  };
  const said = verifyStatements(directory, there, { ...sealed, ...people }, signature, keys);
  return {
    kind: sealed.kind,
    run: sealed.id,
    files: digests.size,
    manifestSha256: sealed.manifestSha256,
    torn: sealed.torn,
    ...signature,
    ...times,
    anchors: sealed.anchors,
    statements: said,
    harness: sealed.harness,
    runs,
  };
}

/* Masked reports: what is handed on of a run or an exercise without its names. */

function readMasked(bytes) {
  const value = json(bytes, 'masked.json', true);
  const wrong = () => {
    throw new Finding('masked.json', 'no manifest of a masked report');
  };
  const { schema, files, original, maskSha256, harness } = isObject(value) ? value : {};
  const kind = schema === 'drill/masked/1' ? 'run' : 'exercise';
  if (kind === 'exercise' && schema !== 'drill/masked-exercise/1') wrong();
  if (!has(value, 'schema', kind, 'harness', 'original', 'maskSha256', 'files')) wrong();
  if (!isText(value[kind]) || !/^[!-~]{1,200}$/.test(value[kind]) || !isText(harness) || !isHex(maskSha256)) wrong();
  if (!has(original, 'manifestSha256', ...(kind === 'run' ? ['journalHead'] : [])) || !isHex(original.manifestSha256))
    wrong();
  if (kind === 'run' && !isText(original.journalHead)) wrong();
  const names = MASKED_FILES[kind];
  if (!Array.isArray(files) || files.length !== names.length) wrong();
  files.forEach((file, i) => {
    if (!has(file, 'path', 'bytes', 'sha256') || file.path !== names[i]) wrong();
    if (!isHex(file.sha256) || !Number.isSafeInteger(file.bytes) || file.bytes < 0) wrong();
  });
  return { kind, id: value[kind], manifest: value };
}

/**
 * A masked report by itself: every file, nothing beside them, what it says of its run or exercise, the signature. `key`: of whoever must have signed it, or null. With
 * `original`, the directory of what was sealed: that it verifies, that its manifest is the one that is named, and that the masked report says the same of it wherever
 * there is no name. Whether the names are those of the mask, and what else is hidden, needs the mask and the harness: `drill verify DIRECTORY --original RUN --mask FILE`.
 */
export function verifyMasked(directory, key = null, original = null) {
  const there = list(directory);
  const { content, sha256: digest } = read(directory, 'masked.json', true);
  const { kind, id, manifest } = readMasked(content);
  const names = MASKED_FILES[kind];
  for (const path of there)
    if (![...names, 'masked.json', 'masked.dsse.json'].includes(path))
      throw new Finding(shown(path), 'does not stand in masked.json');
  const last = names[names.length - 1];
  let source;
  for (const { path, bytes, sha256: sealed } of manifest.files) {
    if (!there.includes(path)) throw new Finding(path, 'stands in masked.json, and is missing');
    const got = read(directory, path, path === last);
    if (got.bytes !== bytes || got.sha256 !== sealed) throw new Finding(path, 'has changed since it was made');
    source = got.content;
  }
  const wrong = (what) => {
    throw new Finding(last, what);
  };
  const value = json(source, last, source.includes(10));
  const said = kind === 'run' ? readReport(value) : readRecord(value, { exercise: isObject(value) ? value.id : '' });
  const { masked } = said;
  if (!isObject(masked) || !isText(masked.originalManifestSha256) || !isText(masked.maskSha256))
    wrong('does not say that it is masked');
  const same =
    masked.originalManifestSha256 === manifest.original.manifestSha256 && masked.maskSha256 === manifest.maskSha256;
  if (!same || id !== (kind === 'run' ? said.run.id : said.id))
    wrong('is of another run or mask than masked.json says');
  if (kind === 'run' && said.run.journalHead !== manifest.original.journalHead)
    wrong('is of another run or mask than masked.json says');
  if (kind === 'run') agreeVerdict(said, wrong);
  const { files: _, schema: __, ...of } = manifest;
  const signature = verifyMaskedEnvelope(directory, there, key, {
    subject: [{ name: 'masked.json', digest: { sha256: digest } }],
    predicateType: kind === 'run' ? 'urn:drill:masked-report:v0.1' : 'urn:drill:masked-exercise:v0.1',
    predicate: { ...of, verdict: said.verdict },
  });
  if (original !== null) agreeOriginal(kind, said, manifest, original, wrong);
  return { kind, id, manifest, manifestSha256: digest, ...signature };
}

function verifyMaskedEnvelope(directory, there, key, statement) {
  const place = 'masked.dsse.json';
  if (!there.includes(place)) {
    if (key === null) return { signed: 'no', keyId: null };
    throw new Finding(place, 'is missing: not signed, or the signature was taken away');
  }
  const envelope = readEnvelope(read(directory, place, true).content, place);
  if (key !== null) verifySignature(envelope, key, place);
  const expected = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', ...statement }));
  if (envelope.type !== 'application/vnd.in-toto+json' || !envelope.payload.equals(expected))
    throw new Finding(place, 'says something else than the files');
  return { signed: key === null ? 'not checked' : 'yes', keyId: envelope.keyid };
}

/** What has no name in it is the same in the masked report as in what was sealed. */
function agreeOriginal(kind, said, manifest, original, wrong) {
  const sealed = verifyBundle(original);
  if (sealed.kind !== kind || sealed.manifestSha256 !== manifest.original.manifestSha256)
    throw new Finding('masked.json', 'is of another original than this one');
  const name = kind === 'run' ? 'report.json' : 'exercise.json';
  const { content } = read(original, name, true);
  const whole = json(content, name, content.includes(10));
  const figures =
    kind === 'run'
      ? ({ verdict, run, objectives, faults }) => ({
          verdict,
          run: [run.started, run.outcome, run.tier, run.length_us, run.defects.length],
          objectives: objectives.map((it) => [it.verdict, it.unit, it.measured, it.objective.target_us]),
          faults: faults.map((it) => [
            it.disaster,
            it.requested,
            it.effective,
            it.lapsed,
            it.releaseRequested,
            it.gone,
          ]),
        })
      : ({ verdict, started, ended, steps }) => ({
          verdict,
          ended: [started, ended],
          steps: steps.map(({ kind: of, verdict: judged, run, proves, asked, entered, objectives }) => [
            [of, judged, proves, asked, entered],
            run ? [run.started, run.outcome, run.verdict, run.manifestSha256] : null,
            (objectives ?? []).map((it) => it.verdict),
          ]),
        });
  if (!isDeepStrictEqual(figures(said), figures(whole))) wrong('has other figures or verdicts than its original');
}

function agreeExercise(files, contents, there) {
  if (contents['exercise.json'] === undefined) throw new Finding('exercise.json', 'is not in the manifest');
  const bytes = contents['exercise.json'];
  const record = readRecord(json(bytes, 'exercise.json', bytes.includes(10)), files.manifest);
  if (there.includes(ENVELOPES[1])) throw new Finding(ENVELOPES[1], 'an exercise has none');
  const { id, operators, started, ended } = record;
  const people = { operators: namesOf(operators), testers: [] };
  const harness = { ran: record.harness, judged: record.harness };
  return {
    ...files,
    kind: 'exercise',
    id,
    record,
    harness,
    ...people,
    ended: ended ?? started,
    torn: false,
    anchors: [],
  };
}

function agreeRun(files, contents) {
  const { manifest, digests } = files;
  for (const name of NEEDED) if (!digests.has(name)) throw new Finding(name, 'is not in the manifest');
  const parse = (name) => json(contents[name], name, contents[name].includes(10));
  const intent = readIntent(parse('intent.json'));
  const plan = readPlan(parse('plan.json'));
  const declared = (name, found, place) => {
    if (intent[name] !== found) throw new Finding(place, `another ${name} than intent.json declared before the run`);
  };
  declared('run', manifest.run, 'manifest.json');
  declared('scenarioSha256', digests.get('scenario.yaml'), 'scenario.yaml');
  const { objectives, settings, declared: people } = plan;
  const criteria = sha256(
    canonicalOr({ objectives, settings, ...(people !== undefined && { declared: people }) }, 'plan.json'),
  );
  declared('criteriaSha256', criteria, 'plan.json');
  declared('planSha256', digests.get('plan.json'), 'plan.json');
  declared('scenarioSha256', plan.scenario.sha256, 'plan.json');
  declared('scenario', plan.scenario.name, 'plan.json');
  const journal = followJournal(contents['journal.ndjson'], sha256(contents['intent.json']));
  const { facts } = journal;
  if (journal.head !== manifest.journalHead)
    throw new Finding('journal.ndjson', 'ends with another event than the manifest says');
  if (facts.started === null) throw new Finding('journal.ndjson', 'does not begin with run-started');
  for (const name of ['run', 'scenario', 'harness'])
    if (facts.started[name] !== intent[name])
      throw new Finding('journal.ndjson', `is the journal of another ${name} than intent.json declared`);
  const report = readReport(parse('report.json'));
  if (report.run.id !== manifest.run) throw new Finding('report.json', 'is the report of another run');
  if (report.run.journalHead !== manifest.journalHead)
    throw new Finding('report.json', 'was made from another journal');
  const judged = report.objectives.map(({ objective }) => objective);
  if (canonicalOr(judged, 'report.json') !== canonicalOr(plan.objectives, 'plan.json'))
    throw new Finding('report.json', 'judges other objectives than the plan has');
  if (isObject(report.dora) && (report.dora.entered ?? null) !== null)
    throw new Finding('report.json', 'has what people entered after the run: a sealed report has none');
  agreeReport(report, { intent, plan, facts, criteria, digests });
  for (const { kind, sha256: said } of journal.anchors)
    if (kind === 'tsa' && digests.get('intent.tsr') !== said)
      throw new Finding('intent.tsr', 'is not the time stamp that the journal says was had before the fault');
  const harness = { ran: intent.harness, judged: report.harness };
  return { ...files, kind: 'run', id: manifest.run, intent, report, testers: testersOf(plan), harness, ...journal };
}

const testersOf = ({ declared }) => (declared?.testers ?? []).map(({ name }) => name);

/* Every run below a directory, and whether one is missing among them: each intent has a counter, and the digest of the run before it. */

function sealedDirectories(directory, depth, masked) {
  const entries = readdirSync(directory, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'intent.json' || name === 'manifest.json')) return [directory];
  if (entries.some(({ name }) => name === 'masked.json')) {
    masked.push(directory);
    return [];
  }
  if (depth >= 4) return [];
  const below = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
  return below.sort().flatMap((one) => sealedDirectories(one, depth + 1, masked));
}

/** Where a run stands in its series; null: nowhere. */
function placeOf(directory, path) {
  const bytes = read(directory, 'intent.json', true).content;
  const intent = json(bytes, 'intent.json', bytes.includes(10));
  if (!isObject(intent) || !isText(intent.run)) throw new Finding('intent.json', 'no intent');
  const { sequence } = intent;
  if (sequence === undefined) return null;
  const { series, counter, previous } =
    isObject(sequence) && Object.keys(sequence).sort().join() === 'counter,previous,series' ? sequence : {};
  const follows =
    previous === null ||
    (isObject(previous) &&
      Object.keys(previous).sort().join() === 'intentSha256,manifestSha256,run' &&
      isText(previous.run) &&
      isText(previous.intentSha256) &&
      (previous.manifestSha256 === null || isText(previous.manifestSha256)));
  if (!isText(series) || !/^[0-9a-f]{32}$/.test(series) || !Number.isSafeInteger(counter) || counter < 1 || !follows)
    throw new Finding('intent.json', 'a place in a series that is none');
  const manifest = readdirSync(directory).includes('manifest.json') ? read(directory, 'manifest.json', false) : null;
  return { path, series, counter, previous, intentSha256: sha256(bytes), manifestSha256: manifest?.sha256 ?? null };
}

function gapsIn(series, placed) {
  const gaps = [];
  const at = new Map();
  for (const one of placed.sort((a, b) => a.counter - b.counter)) {
    const twin = at.get(one.counter);
    // A copy is the same run; one that was sealed again, in whatever directory, is not.
    if (twin !== undefined && (twin.intentSha256 !== one.intentSha256 || twin.manifestSha256 !== one.manifestSha256))
      gaps.push(`${one.path}: has counter ${one.counter} of series ${series}, and so has ${twin.path}`);
    at.set(one.counter, one);
  }
  let expected = 1;
  for (const [counter, { path, previous }] of at) {
    if (counter > expected)
      gaps.push(`series ${series}: missing from run ${expected} to ${counter - 1}: deleted, hidden, or kept elsewhere`);
    expected = counter + 1;
    const before = at.get(counter - 1);
    if ((previous === null) !== (counter === 1)) gaps.push(`${path}: has counter ${counter}, and does not follow so`);
    else if (before !== undefined && previous.intentSha256 !== before.intentSha256)
      gaps.push(`${path}: follows another run than ${before.path}, which has the counter before`);
    else if (before !== undefined && ![null, before.manifestSha256].includes(previous.manifestSha256))
      gaps.push(`${before.path}: manifest.json is another than when ${path} began`);
  }
  return gaps;
}

/** Two records of one run or exercise that are not the same. Those under one counter are named by it already. */
function twinsIn(sealed) {
  const firsts = new Map();
  const twins = [];
  for (const one of sealed) {
    const first = firsts.get(one.run) ?? one;
    firsts.set(one.run, first);
    const counted = one.counted !== '' && one.counted === first.counted;
    if (one.manifestSha256 !== first.manifestSha256 && !counted)
      twins.push(`${one.path}: is another record of ${shown(one.run)} than ${first.path}`);
  }
  return twins;
}

/**
 * Each run and exercise below a directory with what is wrong with it (null: nothing), what is wrong between them, how many runs have no counter, and where masked reports
 * are, which are not verified.
 */
export function verifyAll(root, keys = NO_KEYS) {
  const found = [];
  const series = new Map();
  const sealed = [];
  const masked = [];
  let without = 0;
  for (const directory of sealedDirectories(root, 0, masked)) {
    const path = shown(relative(root, directory) || '.');
    const one = { path, verified: null, problem: null };
    found.push(one);
    try {
      one.verified = verifyBundle(directory, keys);
    } catch (error) {
      one.problem = said(error);
    }
    const once = one.verified && {
      path,
      run: one.verified.run,
      manifestSha256: one.verified.manifestSha256,
      counted: '',
    };
    if (once) sealed.push(once);
    if (one.verified?.kind === 'exercise') continue;
    try {
      const place = placeOf(directory, path);
      if (once && place !== null) once.counted = `${place.series} ${place.counter}`;
      if (place === null) without += 1;
      else series.set(place.series, [...(series.get(place.series) ?? []), place]);
    } catch (error) {
      one.problem ??= said(error);
    }
  }
  const between = [...series].flatMap(([name, placed]) => gapsIn(name, placed));
  return {
    found,
    gaps: [...between, ...twinsIn(sealed)],
    masked: masked.map((directory) => shown(relative(root, directory) || '.')),
    series: series.size,
    without,
  };
}

const said = (error) =>
  error instanceof Finding ? error.message : `cannot be read (${shown(error.code ?? error.message)})`;

function linesOf({
  kind,
  run,
  files,
  manifestSha256,
  torn,
  harness,
  signed,
  keyId,
  timestamp,
  intentTimestamp,
  anchors,
  statements: told,
}) {
  const seal = {
    no: 'not signed: this shows damage, not forgery',
    'not checked': `SIGNATURE NOT CHECKED: it names the key ${keyId}; give --public-key FILE`,
    yes: `signed with the key ${keyId}`,
  };
  const time = (what, { state, time: at, accuracyMs, by }) => {
    const when = `${at}${accuracyMs === null ? '' : ` (± ${accuracyMs} ms)`}`;
    return state === 'verified'
      ? `${what} by ${when}, as ${by} vouches; its revocation was not looked at`
      : `a time stamp CLAIMS, AND IS NOT VERIFIED: ${what} by ${when}, by ${by}; give --tsa-ca FILE`;
  };
  const words = ({ signOff, note, reason }) =>
    (signOff ? note : reason).split('\n').filter((line) => line.trim() !== '');
  return [
    `${kind} ${run}: ${files} files as they were sealed; ${seal[signed]}`,
    `manifest.json has the SHA-256 ${manifestSha256}`,
    ...(harness.ran === harness.judged
      ? []
      : [`judged by the harness ${shown(harness.judged)}, and run by ${shown(harness.ran)}`]),
    ...(torn ? ['the journal ends in the middle of a line: the run died while it wrote it'] : []),
    ...(timestamp !== null && timestamp.state === 'verified' ? [] : ['trusted time: none']),
    ...(timestamp === null ? [] : [time('sealed', timestamp)]),
    ...(intentTimestamp === null ? [] : [time('declared', intentTimestamp)]),
    ...anchors
      .filter((anchor) => anchor.kind === 'git')
      .map(
        ({ ref, remote }) => `says that it was anchored before the fault: ${shown(ref)} in ${shown(remote)}; not asked`,
      ),
    ...told.flatMap((it) => [
      `statement ${it.number}: ${it.signOff ? it.decision.toUpperCase() : 'amendment'} by ${it.by.name} (${it.by.role}), ${it.stated} by the signer's clock; ${
        it.signed === 'yes' ? `signed with the key ${it.keyId}` : `SIGNATURE NOT CHECKED: it names the key ${it.keyId}`
      }`,
      ...it.flags.map((flag) => `  ${flag}`),
      ...words(it).map((line) => `  “${line}”`),
    ]),
    told.length === 0
      ? 'nobody signed it off here, and nothing was amended'
      : 'whether a last statement was taken away cannot be seen: ask who signed it',
  ];
}

function readKeys(given, tsaCa) {
  const readKey = (file) => {
    const pem = readFileSync(file, 'utf8');
    if (pem.includes('PRIVATE KEY')) throw new Error('expected a public key');
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('expected an Ed25519 key');
    return key;
  };
  const keys = { seal: [], roles: [], authorities: null };
  for (const one of given) {
    const at = one.indexOf('=');
    const role = one.slice(0, Math.max(0, at)).trim();
    if (at < 0 || role.includes('/')) keys.seal.push(readKey(one));
    else if (!isRole(role)) throw new Error('expected ROLE=FILE or FILE');
    else keys.roles.push({ role, key: readKey(one.slice(at + 1)) });
  }
  if (tsaCa === undefined) return keys;
  const blocks = readFileSync(tsaCa, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error(`${tsaCa}: expected certificates in PEM`);
  return { ...keys, authorities: blocks.map((block) => new X509Certificate(block)) };
}

function main(args) {
  const [directory, ...flags] = args;
  const given = [];
  let tsaCa;
  let original;
  let all = false;
  let bad = directory === undefined || directory.startsWith('--');
  while (flags.length > 0 && !bad) {
    const flag = flags.shift();
    if (flag === '--all') all = true;
    else if (flag === '--public-key' && flags.length > 0) given.push(flags.shift());
    else if (flag === '--tsa-ca' && flags.length > 0 && tsaCa === undefined) tsaCa = flags.shift();
    else if (flag === '--original' && flags.length > 0 && original === undefined) original = flags.shift();
    else bad = true;
  }
  if (bad || (all && original !== undefined)) {
    process.stderr.write(
      'usage: node verify.mjs DIRECTORY [--public-key FILE] [--public-key ROLE=FILE] [--tsa-ca FILE] [--all] [--original DIRECTORY]\n',
    );
    return 4;
  }
  let keys;
  try {
    keys = readKeys(given, tsaCa);
    readdirSync(directory);
  } catch (error) {
    process.stderr.write(`error: ${error.code ?? error.message}\n`);
    return 4;
  }
  const print = (line) => process.stdout.write(`${line}\n`);
  try {
    if (all) return mainAll(directory, keys, print);
    const names = readdirSync(directory);
    if (names.includes('masked.json') && !names.includes('manifest.json'))
      return mainMasked(directory, keys, original, print);
    if (original !== undefined) {
      process.stderr.write('error: --original is for a masked report, and this is none\n');
      return 4;
    }
    const verified = verifyBundle(directory, keys);
    for (const line of linesOf(verified)) print(line);
    for (const { run, path, why } of verified.runs) {
      const one = path === null ? null : verifyListed(run, path, { ...keys, roles: [], authorities: null });
      print(`run ${run}: ${one === null ? `NOT VERIFIED: ${why}` : `as it was sealed then; signed: ${one.signed}`}`);
    }
    return 0;
  } catch (error) {
    process.stderr.write(`does not verify: ${said(error)}\n`);
    return 6;
  }
}

function verifyListed(run, path, keys) {
  try {
    return verifyBundle(path, keys);
  } catch (error) {
    throw error instanceof Finding ? new Finding(`run ${run}: ${error.place}`, error.what) : error;
  }
}

function mainMasked(directory, { seal, roles, authorities }, original, print) {
  if (seal.length > 1 || roles.length > 0 || authorities !== null) {
    process.stderr.write('error: a masked report is signed once, and nothing else is over it: one --public-key FILE\n');
    return 4;
  }
  const { kind, id, manifest, manifestSha256, signed, keyId } = verifyMasked(
    directory,
    seal[0] ?? null,
    original ?? null,
  );
  const words = {
    no: 'not signed: this shows damage, not forgery',
    'not checked': `SIGNATURE NOT CHECKED: it names the key ${keyId}; give --public-key FILE`,
    yes: `signed with the key ${keyId}`,
  };
  print(`${kind} ${id}, masked: ${manifest.files.length} files as they were made; ${words[signed]}`);
  print(`masked.json has the SHA-256 ${manifestSha256}`);
  print(`of what was sealed under the manifest.json with the SHA-256 ${manifest.original.manifestSha256}`);
  print(
    original === undefined
      ? 'its figures were not held against the original: give --original DIRECTORY'
      : 'its verdicts, instants and measured objectives are those of the original; the rest is shown by the harness and the mask alone',
  );
  return 0;
}

function allWords({ signed, statements: told }) {
  const words = told.map(({ signOff, decision, by, signed: held, flags }) =>
    [`${signOff ? decision : 'amended'} by ${by.name}`, ...(held === 'yes' ? [] : ['NOT CHECKED']), ...flags].join(
      ', ',
    ),
  );
  return [`as it was sealed; signed: ${signed}`, ...words].join('; ');
}

function mainAll(directory, keys, print) {
  const { found, gaps, masked, series, without } = verifyAll(directory, keys);
  for (const { path, verified, problem } of found) print(`${path}: ${problem ?? allWords(verified)}`);
  for (const path of masked) print(`${path}: NOT VERIFIED: ${MASKED}`);
  for (const gap of gaps) print(gap);
  print(
    `${series} series; ${without} runs without a counter; runs after the last of a series cannot be missed from here`,
  );
  const wrong = found.filter(({ problem }) => problem !== null).length;
  print(`${found.length} in all, ${wrong} of them do not verify; ${gaps.length} gaps`);
  return found.length === 0 ? 4 : wrong + gaps.length === 0 ? 0 : 6;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  // Who reads what is printed may be gone before the end (`| head`): the exit code says the rest.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.exitCode = main(process.argv.slice(2));
}
