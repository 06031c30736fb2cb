import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { checkRun, renderReportJson } from '../check/check.ts';
import { exitOf } from '../check/exit-code.ts';
import { writeLatencyLogs } from '../check/latency-logs.ts';
import { type Report, reportSchema } from '../check/report-schema.ts';
import { EvidenceError, EXIT, type ExitCode, InputError, messageOf } from '../errors.ts';
import { ENVELOPES, MANIFEST, readWhole, STATEMENTS, sha256, shownPath, TIMESTAMP } from '../evidence/bundle-files.ts';
import { keyIdOf, parseEnvelope } from '../evidence/dsse.ts';
import { parseStatement } from '../evidence/human-statement.ts';
import { writeManifest } from '../evidence/manifest.ts';
import { verifySealed } from '../evidence/sealed.ts';
import type { Signer } from '../evidence/signing-key.ts';
import { isMasked, MASKED, MASKED_ENVELOPE } from '../redact/masked-files.ts';
import { findBrowser, printPdf } from '../report/browser.ts';
import { renderJUnit } from '../report/junit.ts';
import type { Sheet } from '../report/print.ts';
import { type Seal, type SignedWord, UNSEALED } from '../report/section-seal.ts';
import { renderSummary } from '../report/summary.ts';
import { VERSION } from '../version.ts';
import { colour, columns, print } from './context.ts';
import { reportWithEntries } from './entries.ts';

/** What a place that cannot be written says: that is no defect of the harness. */
const UNWRITABLE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'EFBIG']);

/** What draws takes a second to load: who judges alone does without. */
const pages = () => import('../report/html.ts');

/**
 * Judges a run that has just ended, renders it, seals its directory, and prints the summary. `signer`: who is to sign it then; null: nobody. `timestamp`: whether
 * its time is to be stamped.
 */
export async function judgeNewRun(directory: string, signer: Signer | null, timestamp = false): Promise<Report> {
  const report = await checkRun(directory);
  try {
    writeFileSync(join(directory, 'report.json'), renderReportJson(report));
    const seal = { ...UNSEALED, keyId: signer && keyIdOf(signer.publicKey), timestamp };
    const { renderHtml } = await pages();
    writeFileSync(join(directory, 'report.html'), renderHtml(report, seal));
    writeFileSync(join(directory, 'junit.xml'), renderJUnit(report));
    await writeLatencyLogs(directory);
    writeManifest(directory, report.run.id);
  } catch (error) {
    if (!UNWRITABLE.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    print(renderSummary(report, { color: colour(), width: columns() }));
    throw new InputError(`the report of ${directory} cannot be written: ${messageOf(error)}`, {
      cause: error,
      hint: `make room, then: npm run drill -- check ${directory}`,
    });
  }
  print(renderSummary(report, { color: colour(), width: columns() }));
  print(`report: ${join(directory, 'report.html')}`);
  if (signer === null) print(`sealed, unsigned: npm run drill -- sign ${directory} --key FILE`);
  return report;
}

/** `check RUN`: judges again from the files alone, and compares with the report that is there. */
export async function checkCommand(directory: string): Promise<ExitCode> {
  const report = await checkRun(directory);
  print(renderSummary(report, { color: colour(), width: columns() }));
  const file = join(directory, 'report.json');
  if (!existsSync(file)) {
    writeFileSync(file, renderReportJson(report));
    print(`report.json was missing, and is written`);
    return exitOf(report);
  }
  const old = readFileSync(file, 'utf8');
  if (old === renderReportJson(report)) {
    print('report.json is the same to the byte');
    return (await samePages(directory, report)) ? exitOf(report) : EXIT.evidence;
  }
  const differences = differ(JSON.parse(old), JSON.parse(renderReportJson(report)), '');
  print(`report.json differs (it says harness ${(JSON.parse(old) as Report).harness}, this is ${VERSION}):`);
  for (const line of differences.slice(0, 50)) print(`  ${line}`);
  if (differences.length > 50) print(`  and ${differences.length - 50} more`);
  return EXIT.evidence;
}

/**
 * Whether the renderings beside `report.json` are what is made of it: whoever reads the page reads these, and a signature holds over another page as well. Says
 * which are not. One that is not there says nothing.
 */
async function samePages(directory: string, report: Report): Promise<boolean> {
  const { renderHtml } = await pages();
  // When the page was made nothing stood over it yet, but who was to sign it may have been known.
  const seals = [null, keyNamedIn(directory)].flatMap((keyId) =>
    [false, true].map((timestamp) => ({ ...UNSEALED, keyId, timestamp })),
  );
  const renderings: Readonly<Record<string, readonly string[]>> = {
    'report.html': seals.map((seal) => renderHtml(report, seal)),
    'junit.xml': [renderJUnit(report)],
  };
  const others = Object.entries(renderings).filter(([name, made]) => {
    const file = join(directory, name);
    return existsSync(file) && !made.includes(readFileSync(file, 'utf8'));
  });
  for (const [name] of others)
    print(
      `${name} is not what this harness (${VERSION}) makes of report.json: npm run drill -- report ${directory} --out BASE makes one that is`,
    );
  return others.length === 0;
}

/** Where two JSON values differ, a line each. */
export function differ(a: unknown, b: unknown, path: string): readonly string[] {
  if (isNode(a) && isNode(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differ(a[key], b[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return Object.is(a, b) ? [] : [`${path}: was ${JSON.stringify(a) ?? 'absent'}, is ${JSON.stringify(b) ?? 'absent'}`];
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export interface ReportFlags {
  /** Path without ending. */
  readonly out: string;
  readonly pdf: boolean;
  readonly browser?: string;
  /** A drill file: what people entered after the run. */
  readonly drill?: string;
}

/**
 * `report RUN`: renders `report.json` again, beside the sealed files, which never change; with `pdf` on paper as well; with `drill` with what people
 * entered, which then stands in a JSON of its own.
 */
export async function reportCommand(directory: string, { out, pdf, browser, drill }: ReportFlags): Promise<ExitCode> {
  const sealed = await readSealedReport(directory);
  refuseInside(directory, out);
  const report = drill === undefined ? sealed : await reportWithEntries(directory, sealed, drill, new Date());
  const printer = pdf ? (browser ?? findBrowser()) : null;
  if (pdf && printer === null)
    throw new InputError('no browser prints a PDF here: expected an installed Chromium, or one of its kind', {
      hint: 'npm run doctor says how to get one; or give one: --browser FILE',
    });
  const seal = sealIn(directory);
  const { renderHtml, renderPrint } = await pages();
  writeFileSync(`${out}.html`, renderHtml(report, seal));
  writeFileSync(`${out}.xml`, renderJUnit(report));
  if (drill !== undefined) writeFileSync(`${out}.json`, renderReportJson(report));
  if (printer !== null) await writePdf(printer, `${out}.pdf`, renderPrint(report, seal, sheetOf(directory, report)));
  print(renderSummary(report, { color: colour(), width: columns() }));
  const written = ['html', 'xml', ...(drill === undefined ? [] : ['json']), ...(pdf ? ['pdf'] : [])];
  print(`${written.map((ending) => `${out}.${ending}`).join(' and ')} are written`);
  return exitOf(report);
}

/** A file more, or another one, in a run directory is what `verify` is there to find. */
function refuseInside(directory: string, out: string): void {
  const place = relative(realpathSync(directory), join(realpathOf(dirname(resolve(out))), basename(out)));
  if (place.startsWith('..') || isAbsolute(place)) return;
  throw new InputError(`${out}: expected a place outside of the run directory, whose sealed files never change`, {
    hint: 'give another one: --out BASE',
  });
}

function realpathOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

async function writePdf(browser: string, pdf: string, page: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'drill-print-'));
  try {
    const file = join(directory, 'report.html');
    writeFileSync(file, page);
    const printed = join(directory, 'report.pdf');
    await printPdf(browser, file, printed);
    copyFileSync(printed, pdf);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function sheetOf(directory: string, { run }: Report): Sheet {
  const file = isMasked(directory) ? MASKED : MANIFEST;
  return { run: run.id, file, manifestSha256: digestOf(directory, file) };
}

function digestOf(directory: string, file: string): string | null {
  const manifest = join(directory, file);
  return existsSync(manifest) ? sha256(readFileSync(manifest)) : null;
}

/**
 * `report.json` of a directory that is what was sealed: a page made of another one would stand under the genuine manifest's digest. One that was never sealed,
 * because its run died, is read as it is. An EvidenceError names what was changed since.
 */
export async function readSealedReport(directory: string): Promise<Report> {
  if (isMasked(directory)) {
    const { verifyMasked } = await import('../redact/verify-masked.ts');
    verifyMasked(directory, null);
  } else if (existsSync(join(directory, MANIFEST))) verifySealed(directory);
  return readReport(directory);
}

/** `report.json` of a run directory; an InputError when there is none that this version can read. */
function readReport(directory: string): Report {
  const file = join(directory, 'report.json');
  try {
    return reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new InputError(`${file}: expected a report of this version: ${messageOf(error).slice(0, 300)}`, {
      cause: error,
      hint: `npm run drill -- check ${directory}`,
    });
  }
}

/** What stands over the manifest, whether or not its signatures hold. An EvidenceError for a statement of a person that cannot be read, or is about another manifest. */
function sealIn(directory: string): Seal {
  const timestamp = existsSync(join(directory, TIMESTAMP));
  return {
    keyId: keyNamedIn(directory),
    manifestSha256: digestOf(directory, isMasked(directory) ? MASKED : MANIFEST),
    timestamp,
    statements: statementsIn(directory),
  };
}

function statementsIn(directory: string): readonly SignedWord[] {
  if (!existsSync(join(directory, STATEMENTS))) return [];
  const manifestSha256 = digestOf(directory, MANIFEST);
  return readdirSync(join(directory, STATEMENTS))
    .sort()
    .map((name) => {
      const path = `${STATEMENTS}/${name}`;
      const { payload, keyid } = parseEnvelope(readWhole(directory, path), shownPath(path));
      const read = parseStatement(payload, shownPath(path));
      if (read.manifestSha256 !== manifestSha256)
        throw new EvidenceError(`${shownPath(path)}: is about another manifest than the one beside it`);
      return { said: read.said, keyId: keyid };
    });
}

/** The key that the envelope beside a manifest names, whether or not its signature holds; null: there is none that can be read. */
function keyNamedIn(directory: string): string | null {
  const file = isMasked(directory) ? MASKED_ENVELOPE : ENVELOPES[0];
  try {
    return parseEnvelope(readFileSync(join(directory, file)), file).keyid;
  } catch {
    return null;
  }
}
