import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderReportJson } from '../../src/check/check.ts';
import { type Report, reportSchema } from '../../src/check/report-schema.ts';
import { redactCommand } from '../../src/commands/redact.ts';
import { NO_KEYS } from '../../src/evidence/keyring.ts';
import { verifyBundle } from '../../src/evidence/verify.ts';
import { knownNames } from '../../src/redact/known-names.ts';
import { Mask, readMask, writeMask } from '../../src/redact/mask.ts';
import { compareWithOriginal, writeMaskedReport } from '../../src/redact/masked-bundle.ts';
import { redactReport } from '../../src/redact/redact-report.ts';
import { textRedactor } from '../../src/redact/redact-text.ts';
import { verifyMasked } from '../../src/redact/verify-masked.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { failingReport } from '../../src/report/testing.ts';
import { hostileReport } from '../../src/report/testing-hostile.ts';
import { EXAMPLE, keyPair } from './support/bundle.ts';

/** Rendering whole reports, on a machine that others use as well. */
const LONG_MS = 240_000;
const SALT = '5'.repeat(64);
/** A name of which no text of the harness has a word. */
const name = fc.stringMatching(/^[a-z]{2}[qxz]{3}[a-z0-9]{2,6}$/);

/** Every text of a report that no enumeration fixes is made of these names, in turn, as each of the shapes. */
function planted(names: readonly string[]): Report {
  const shapes: readonly ((text: string) => string)[] = [
    (text) => text,
    (text) => `refused by ${text.toUpperCase()}:9042 at /srv/${text}/data`,
    (text) => `{"host":"${text}.corp.example","at":"2026-01-31"} ${text}-dc`,
    (text) => `https://${text}/?q=${text} and ops@${text}.example: 3 of 5`,
    (text) => `ticket ${text}, ${encodeURIComponent(text)}, ${text}s, pre${text}`,
  ];
  let at = 0;
  const plant = (value: unknown): unknown => {
    if (typeof value === 'string') {
      if (!value.includes('alert(1)')) return value;
      at++;
      return shapes[at % shapes.length]?.(names[at % names.length] ?? '');
    }
    if (Array.isArray(value)) return value.map(plant);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [plant(key), plant(child)]));
  };
  const { run, ...rest } = plant(hostileReport()) as Report;
  const { id, started, journalHead } = failingReport().run;
  return reportSchema.parse({ ...rest, run: { ...run, id, started, journalHead } });
}

function maskedOf(names: readonly string[], known: boolean): { report: Report; mask: Mask } {
  const mask = new Mask(SALT);
  const plan = { platform: { sites: known ? names.map((site) => ({ name: site })) : [] } };
  const report = planted(names);
  const redact = textRedactor(mask, knownNames(plan, [], report), [report.run.id]);
  return { report: redactReport(report, redact).report, mask };
}

const numbersIn = (value: unknown): unknown[] =>
  typeof value === 'number'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(numbersIn)
      : [];

describe('a masked report', () => {
  test(
    'has no name in any byte of any rendering, wherever it stood, known or not',
    () => {
      fc.assert(
        fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 6 }), fc.boolean(), (names, known) => {
          const { report } = maskedOf(names, known);
          const bytes = (renderReportJson(report) + renderHtml(report) + renderJUnit(report)).toLowerCase();
          for (const one of names) expect(bytes.includes(one)).toBe(false);
        }),
        { numRuns: 8 },
      );
    },
    LONG_MS,
  );

  test(
    'is the same to the byte whatever the names are: nothing of them is in it, not even their length or their order',
    () => {
      const pair = fc.uniqueArray(name, { minLength: 8, maxLength: 8 });
      fc.assert(
        fc.property(pair, fc.boolean(), (names, known) => {
          const [a, b] = [names.slice(0, 4), names.slice(4)].map((some) =>
            renderReportJson(maskedOf(some, known).report),
          );
          expect(a === b).toBe(true);
        }),
        { numRuns: 8 },
      );
    },
    LONG_MS,
  );

  test('keeps every figure, and every word of the schema’s own', () => {
    const original = reportSchema.parse(failingReport());
    const redact = textRedactor(new Mask(SALT), [{ kind: 'site', name: 'paris' }], [original.run.id]);
    const { report, withheld } = redactReport(original, redact);
    expect(numbersIn(report)).toEqual(numbersIn(original));
    expect(report.objectives.map(({ verdict }) => verdict)).toEqual(original.objectives.map(({ verdict }) => verdict));
    expect(report.views.map(({ clocks }) => clocks.map(({ clock }) => clock))).toEqual(
      original.views.map(({ clocks }) => clocks.map(({ clock }) => clock)),
    );
    expect(report.run).toMatchObject({ ...original.run, title: '', hypothesis: '' });
    expect(withheld).toEqual(['run.title', 'run.hypothesis']);
    expect(report.views[0]?.bySite).toEqual({
      'site-1': original.views[0]?.bySite.paris,
      'word-1': original.views[0]?.bySite.london,
    });
  });

  test('says on its first screen that it is masked, and of which run it is', () => {
    const masked = {
      originalManifestSha256: 'a'.repeat(64),
      maskSha256: 'b'.repeat(64),
      names: 12,
      withheld: ['run.title'],
    };
    const page = renderHtml({ ...failingReport(), masked });
    expect(page.indexOf('Names are masked')).toBeLessThan(page.indexOf('class="answer"'));
    expect(page).toContain('a'.repeat(64));
    expect(page).toContain('Left out as a whole: run.title.');
  });
});

test('what is not of the harness’s own shape is masked where it stood as well', () => {
  const of = failingReport();
  const report = {
    ...of,
    harness: 'acme-1',
    run: { ...of.run, id: 'acme-run', started: 'at acme', journalHead: 'acme' },
  };
  const redact = textRedactor(new Mask(SALT), [], []);
  expect(JSON.stringify(redactReport(report, redact).report)).not.toContain('acme');
});

test.each([
  ['site-failover', []],
  ['acme-failover', [{ kind: 'scenario', name: 'acme-failover' }]],
])('a scenario of a name of its own is masked as a whole: %s', (of, known) => {
  expect(knownNames({ scenario: { name: of } }, [], {})).toEqual(known);
});

test('a name of digits is masked in texts, and no figure is touched', () => {
  const redact = textRedactor(new Mask(SALT), knownNames({ platform: { sites: [{ name: '7' }] } }, [], {}), []);
  expect(redact('7 refused 17 of 70, 7.5 s')).toBe('site-1 refused 17 of 70, 7.5 s');
});

test('people and tickets of the journal, and of members that a report may have one day', () => {
  const authorisation = { operator: 'Rose Will', ticket: 'CHG-1', approver: 'May', window: { from: '', to: '' } };
  const started = { data: { run: 'r', scenario: 's', harness: '', node: '', authorisation } };
  const report = { participants: ['Art Page'], findings: [{ owner: 'Mark' }] };
  const names = knownNames({}, [started as never], report).map(({ kind, name: of }) => `${kind} ${of}`);
  expect(names).toEqual(['person Rose Will', 'ticket CHG-1', 'person May', 'person Art Page', 'person Mark']);
});

describe('a masked report of the example', () => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-masked-'));
  const [owner, other] = [keyPair(), keyPair()];
  const out = join(directory, 'masked');
  const file = join(directory, 'mask.json');
  const { signal } = new AbortController();
  beforeAll(async () => {
    const mask = readMask(file);
    await writeMaskedReport(EXAMPLE, out, mask, owner.signer, signal);
    writeMask(file, mask);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('verifies by itself, with the key of its owner and no other', () => {
    expect(verifyMasked(out, owner.publicKey).signed.state).toBe('signed');
    expect(verifyMasked(out, null).signed.state).toBe('not-checked');
    expect(() => verifyMasked(out, other.publicKey)).toThrow('masked.dsse.json: expected a signature of the key');
  });

  test('is shown to be of this run under this mask, and of no other', () => {
    const verified = verifyMasked(out, null);
    compareWithOriginal(out, verified, EXAMPLE, readMask(file));
    expect(() => compareWithOriginal(out, verified, EXAMPLE, new Mask())).toThrow('another mask');
    expect(verified.manifest.original.manifestSha256).toBe(verifyBundle(EXAMPLE, NO_KEYS).manifestSha256);
  });

  test('holds no name of the run, its sites, hosts and services', () => {
    for (const path of readdirSync(out)) {
      // "comparison" is a word of the harness, and has a city in it.
      const bytes = readFileSync(join(out, path), 'utf8').replaceAll(/\bcomparisons?\b/gi, '');
      for (const hidden of ['paris', 'london', 'frankfurt', '10.77.', 'payment screening', 'screening'])
        expect([path, hidden, bytes.toLowerCase().includes(hidden)]).toEqual([path, hidden, false]);
    }
    expect(readdirSync(out)).toEqual(['junit.xml', 'masked.dsse.json', 'masked.json', 'report.html', 'report.json']);
    const payload = JSON.parse(readFileSync(join(out, 'masked.dsse.json'), 'utf8')).payload;
    expect(Buffer.from(payload, 'base64').toString()).not.toMatch(/paris|ledger/i);
  });

  test.each(['report.json', 'report.html', 'junit.xml', 'masked.json', 'masked.dsse.json'])(
    'a change of %s shows',
    (path) => {
      const whole = readFileSync(join(out, path));
      for (const at of [0, Math.floor(whole.length / 2), whole.length - 2]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(join(out, path), changed);
        expect(() => verifyMasked(out, owner.publicKey)).toThrow(path);
      }
      rmSync(join(out, path));
      expect(() => verifyMasked(out, owner.publicKey)).toThrow(path);
      writeFileSync(join(out, path), whole);
      appendFileSync(join(out, 'more.txt'), 'x');
      expect(() => verifyMasked(out, owner.publicKey)).toThrow('more.txt');
      rmSync(join(out, 'more.txt'));
      expect(verifyMasked(out, owner.publicKey).signed.state).toBe('signed');
    },
  );

  test('the mask is for its owner alone, gives the same masks again, and never goes where it would be handed on', async () => {
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = readMask(file);
    await writeMaskedReport(EXAMPLE, join(directory, 'again'), again, null, signal);
    expect(readFileSync(join(directory, 'again/report.json'))).toEqual(readFileSync(join(out, 'report.json')));
    const secrets = { key: undefined, passphrase: undefined, command: undefined };
    const to = join(directory, 'third');
    for (const mask of [join(to, 'mask.json'), join(EXAMPLE, 'mask.json')])
      await expect(redactCommand(EXAMPLE, { out: to, mask }, secrets)).rejects.toThrow(
        'the mask says what every name is',
      );
    await expect(redactCommand(EXAMPLE, { out, mask: file }, secrets)).rejects.toThrow('is there already');
    await expect(redactCommand(EXAMPLE, { out: join(EXAMPLE, 'x'), mask: file }, secrets)).rejects.toThrow(
      'which is sealed',
    );
  });
});

test.each([
  ['no JSON', '{'],
  [
    'a name twice',
    JSON.stringify({
      schema: 'drill/mask/1',
      salt: SALT,
      names: [1, 2].map((n) => ({ kind: 'site', name: 'a', mask: `site-${n}` })),
    }),
  ],
  [
    'a mask twice',
    JSON.stringify({
      schema: 'drill/mask/1',
      salt: SALT,
      names: ['a', 'b'].map((of) => ({ kind: 'site', name: of, mask: 'site-1' })),
    }),
  ],
  [
    'a mask of its own',
    JSON.stringify({ schema: 'drill/mask/1', salt: SALT, names: [{ kind: 'site', name: 'a', mask: 'paris' }] }),
  ],
])('refused as a mask: %s', (_, text) => {
  const directory = mkdtempSync(join(tmpdir(), 'drill-mask-'));
  try {
    writeFileSync(join(directory, 'mask.json'), text);
    expect(() => readMask(join(directory, 'mask.json'))).toThrow('expected a mask that this command wrote');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
