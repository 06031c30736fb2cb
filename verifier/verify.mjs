#!/usr/bin/env node
/*
 * Verifies the run directory of a drill, offline: node verify.mjs RUN_DIRECTORY [--public-key FILE]
 *
 * One file for Node 18 or later, without dependencies, written apart from the harness, so that nobody need trust the harness to check what it recorded. Get it, and the
 * public key, from somewhere else than the bundle: who forges a bundle forges what lies in it.
 *
 * Exit codes: 0 verifies · 4 bad input · 6 does not verify, with the first thing that is wrong as `place: what`.
 *
 * What it checks, in this order: manifest.json; that no file is missing or extra, and all are plain files; size and SHA-256 of each; what intent.json declared before the run
 * (scenario, plan, criteria); the hash chain of journal.ndjson; that report.json is about this plan and journal; then the DSSE envelopes (v1.0.2, Ed25519) and their in-toto v1
 * statements. Whether the figures in the report follow from the records is what `drill check` computes again.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ENVELOPES = ['manifest.dsse.json', 'objectives.dsse.json'];
const OUTSIDE = ['manifest.json', ...ENVELOPES];
const NEEDED = ['intent.json', 'journal.ndjson', 'plan.json', 'report.json'];
const MAX_WHOLE = 268435456;
const MAX_DEPTH = 16;

/** Something does not verify. */
class Finding extends Error {
  constructor(place, what) {
    super(`${place}: ${what}`);
    this.place = place;
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
function read(directory, path, keep) {
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
      if (keep && bytes > MAX_WHOLE) throw new Finding(path, 'too long');
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
  const { schema, run, journalHead, files } = isObject(manifest) ? manifest : {};
  if (!has(manifest, 'schema', 'run', 'journalHead', 'files') || schema !== 'drill/manifest/1' || !Array.isArray(files))
    wrong('no manifest');
  if (!isText(run) || !/^[!-~]{1,200}$/.test(run)) wrong('no run');
  if (journalHead !== '' && !isHex(journalHead)) wrong('no head of the journal');
  const lower = new Set();
  let last = '';
  for (const file of files) {
    if (!has(file, 'path', 'bytes', 'sha256')) wrong('not a file');
    if (!isText(file.path) || !isHex(file.sha256) || !Number.isSafeInteger(file.bytes) || file.bytes < 0)
      wrong('not a file');
    if (OUTSIDE.includes(file.path) || !plainPath(file.path)) wrong(`${shown(file.path)} cannot be listed`);
    if (file.path <= last) wrong(`${file.path} is there twice or out of order`);
    last = file.path;
    if (lower.has(last.toLowerCase())) wrong(`${last} differs from another path in case only`);
    lower.add(last.toLowerCase());
  }
  return manifest;
}

function readPlan(value) {
  if (!isObject(value) || !isObject(value.scenario) || !isText(value.scenario.name) || !isText(value.scenario.sha256))
    throw new Finding('plan.json', 'names no scenario');
  if (!Array.isArray(value.objectives)) throw new Finding('plan.json', 'has no objectives');
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
  const { run } = isObject(value) ? value : {};
  const good =
    isObject(run) &&
    isText(value.harness) &&
    [run.id, run.scenario, run.environment, run.journalHead].every(isText) &&
    ['completed', 'aborted', 'failed'].includes(run.outcome) &&
    Array.isArray(run.defects) &&
    run.defects.every(isText) &&
    verdicts.includes(value.verdict) &&
    Array.isArray(value.faults) &&
    value.faults.every(isObject) &&
    Array.isArray(value.objectives) &&
    value.objectives.every(
      (it) =>
        isObject(it) &&
        isObject(it.objective) &&
        [it.objective.id, it.statement, it.unit, it.reason].every(isText) &&
        measured(it.measured) &&
        verdicts.includes(it.verdict),
    );
  if (!good) throw new Finding('report.json', 'no report');
  return value;
}

/** Follows the journal from the digest of intent.json to its last whole line. */
function followJournal(bytes, intentSha256, manifest) {
  const lines = utf8(bytes, 'journal.ndjson').split('\n');
  const torn = lines.pop() !== '';
  let previous = intentSha256;
  let now = 0;
  let run = '';
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
    if (i === 0 && event.type === 'run-started' && isObject(event.data) && isText(event.data.run)) run = event.data.run;
    previous = hash;
    now = event.at_us;
  });
  if ((lines.length === 0 ? '' : previous) !== manifest.journalHead)
    throw new Finding('journal.ndjson', 'ends with another event than the manifest says');
  if (run !== manifest.run) throw new Finding('journal.ndjson', 'is the journal of another run');
  return torn;
}

/** The statements that the sealed files make, as bytes. */
function statements({ manifest, manifestSha256, intent, report, digests }) {
  const statement = (predicateType, predicate) =>
    Buffer.from(
      JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: 'manifest.json', digest: { sha256: manifestSha256 } }],
        predicateType,
        predicate,
      }),
    );
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

function verifyEnvelopes(directory, there, sealed, publicKey) {
  const present = ENVELOPES.filter((name) => there.includes(name));
  if (present.length === 0 && publicKey === null) return { signed: 'no', keyId: null };
  const absent = ENVELOPES.find((name) => !present.includes(name));
  if (absent !== undefined) throw new Finding(absent, 'is missing: not signed, or the signature was taken away');
  const wanted = publicKey && sha256(publicKey.export({ type: 'spki', format: 'der' }));
  const expected = statements(sealed);
  const keyIds = ENVELOPES.map((name, i) => {
    const { payload, type, keyid, sig } = readEnvelope(read(directory, name, true).content, name);
    if (publicKey !== null) {
      // DSSE v1.0.2: PAE(type, body) = "DSSEv1" + SP + LEN(type) + SP + type + SP + LEN(body) + SP + body
      const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
      if (keyid !== wanted)
        throw new Finding(name, `signed with another key (${keyid}) than the one given (${wanted})`);
      if (sig.length !== 64 || !verify(null, Buffer.concat([Buffer.from(head), payload]), publicKey, sig))
        throw new Finding(name, 'the signature does not hold');
    }
    if (type !== 'application/vnd.in-toto+json') throw new Finding(name, 'no in-toto statement');
    if (!payload.equals(expected[i]))
      throw new Finding(name, 'is about another manifest, or says something else than the sealed files');
    return keyid;
  });
  if (keyIds[0] !== keyIds[1]) throw new Finding(ENVELOPES[1], 'signed with another key than the other envelope');
  return { signed: publicKey === null ? 'not checked' : 'yes', keyId: keyIds[0] };
}

/** Throws a Finding (`place`, `message`) for the first thing that is wrong. `publicKey`: a KeyObject (Ed25519), or null: the signature is not checked. */
export function verifyBundle(directory, publicKey) {
  const there = list(directory);
  if (!there.includes('manifest.json')) throw new Finding('manifest.json', 'is missing');
  const manifestBytes = read(directory, 'manifest.json', true).content;
  const manifest = readManifest(manifestBytes);
  const digests = new Map(manifest.files.map((file) => [file.path, file.sha256]));
  for (const { path } of manifest.files) if (!there.includes(path)) throw new Finding(path, 'is missing');
  for (const path of there)
    if (!digests.has(path) && !OUTSIDE.includes(path)) throw new Finding(shown(path), 'is not in the manifest');
  const contents = {};
  for (const { path, bytes, sha256: digest } of manifest.files) {
    const got = read(directory, path, NEEDED.includes(path));
    if (got.bytes !== bytes) throw new Finding(path, `has ${got.bytes} bytes, sealed were ${bytes}`);
    if (got.sha256 !== digest) throw new Finding(path, 'has changed since it was sealed');
    contents[path] = got.content;
  }
  for (const name of NEEDED) if (!digests.has(name)) throw new Finding(name, 'is not in the manifest');
  const parse = (name) => json(contents[name], name, contents[name].includes(10));

  const intent = parse('intent.json');
  const names = ['run', 'scenario', 'scenarioSha256', 'criteriaSha256', 'planSha256'];
  if (!isObject(intent) || names.some((name) => intent[name] !== undefined && !isText(intent[name])))
    throw new Finding('intent.json', 'no intent');
  const plan = readPlan(parse('plan.json'));
  const declared = (name, found, place) => {
    if (intent[name] !== undefined && intent[name] !== found)
      throw new Finding(place, `another ${name} than intent.json declared before the run`);
  };
  declared('run', manifest.run, 'manifest.json');
  declared('scenarioSha256', digests.get('scenario.yaml'), 'scenario.yaml');
  const { objectives, settings = null, declared: people } = plan;
  const criteria = canonicalOr(
    { objectives, settings, ...(people !== undefined && { declared: people }) },
    'plan.json',
  );
  declared('criteriaSha256', sha256(criteria), 'plan.json');
  declared('planSha256', digests.get('plan.json'), 'plan.json');
  declared('scenarioSha256', plan.scenario.sha256, 'plan.json');
  declared('scenario', plan.scenario.name, 'plan.json');
  const torn = followJournal(contents['journal.ndjson'], sha256(contents['intent.json']), manifest);
  const report = readReport(parse('report.json'));
  if (report.run.id !== manifest.run) throw new Finding('report.json', 'is the report of another run');
  if (report.run.journalHead !== manifest.journalHead)
    throw new Finding('report.json', 'was made from another journal');
  const judged = report.objectives.map(({ objective }) => objective);
  if (canonicalOr(judged, 'report.json') !== canonicalOr(plan.objectives, 'plan.json'))
    throw new Finding('report.json', 'judges other objectives than the plan has');
  const sealed = { manifest, manifestSha256: sha256(manifestBytes), intent, report, digests };
  return { run: manifest.run, files: digests.size, torn, ...verifyEnvelopes(directory, there, sealed, publicKey) };
}

function main(args) {
  const [directory, flag, keyFile, ...more] = args;
  const bad =
    directory === undefined || more.length > 0 || (flag !== undefined && (flag !== '--public-key' || !keyFile));
  if (bad || directory.startsWith('--')) {
    process.stderr.write('usage: node verify.mjs RUN_DIRECTORY [--public-key FILE]\n');
    return 4;
  }
  let publicKey = null;
  try {
    if (keyFile !== undefined) {
      const pem = readFileSync(keyFile, 'utf8');
      if (pem.includes('PRIVATE KEY')) throw new Error('expected a public key');
      publicKey = createPublicKey(pem);
      if (publicKey.asymmetricKeyType !== 'ed25519') throw new Error('expected an Ed25519 key');
    }
    readdirSync(directory);
  } catch (error) {
    process.stderr.write(`error: ${error.code ?? error.message}\n`);
    return 4;
  }
  try {
    const { run, files, signed, keyId, torn } = verifyBundle(directory, publicKey);
    const said = {
      no: 'not signed: this shows damage, not forgery',
      'not checked': `SIGNATURE NOT CHECKED: it names the key ${keyId}; give --public-key FILE`,
      yes: `signed with the key ${keyId}`,
    };
    process.stdout.write(`${run}: ${files} files as they were sealed; ${said[signed]}\n`);
    if (torn) process.stdout.write('the journal ends in the middle of a line: the run died while it wrote it\n');
    return 0;
  } catch (error) {
    process.stderr.write(
      `does not verify: ${error instanceof Finding ? error.message : `cannot be read (${error.code ?? error.message})`}\n`,
    );
    return 6;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href)
  process.exitCode = main(process.argv.slice(2));
