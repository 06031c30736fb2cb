import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isCollection, isScalar, parseDocument, type Scalar, visit } from 'yaml';
import { isDrillError } from '../errors.ts';
import { FAULTS } from '../faults/registry.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import { PROBES } from '../probes/registry.ts';
import { describePlan } from './describe-plan.ts';
import { GOOD, loaded, PLATFORM, problemsOf } from './fixtures.ts';
import { resolveScenario } from './resolve.ts';
import type { Registries } from './schema.ts';

/** The probes as they are, with what they take for TLS and a login. */
const REAL: Registries = { probes: PROBES, faults: FAULTS };

/** A platform that has what the scenario asks for. */
const WHOLE: PlatformFacts = {
  ...PLATFORM,
  pager: { host: '127.0.0.1', port: 9099, standIn: true, alerts: ['PrometheusDown'] },
  sites: PLATFORM.sites.map((site, i) => ({
    ...site,
    endpoints: {
      ...site.endpoints,
      prometheus: [{ host: `10.0.${i}.1`, port: 9090 }],
      alertmanager: [{ host: `10.0.${i}.1`, port: 9093 }],
    },
  })),
};

/** A scenario with nearly every field there is. */
const FULL = `${GOOD.replace(
  '    for: 60s\n',
  `    for: 60s
  - at: 200s
    id: first
    fault: { type: partition-site, site: { pick: [frankfurt, london] }, from: { pick: any }, clients: kept }
    for: 5s
    repeat: { times: 2, every: 20s, pick: distinct }
  - at: 300s
    fault: { type: kill, site: { pick: any, not: [first] }, component: { pick: [cassandra, janusgraph] } }
    for: 5s
`,
)
  .replace('site: paris }\n', 'site: paris, disaster: true }\n')
  .replace(
    'probe: cql, ',
    'probe: cql, client: paris, tls: { ca: ca.pem, cert: c.pem, key: k.pem, servername: db.bank }, auth: { username: drill, passwordEnv: DB_PASSWORD }, ',
  )
  .replace('probe: gremlin, ', 'probe: gremlin, auth: { username: drill, passwordFile: secrets/graph }, ')}load:
  ledger-load: { probe: cql, rate: 100/s, timeout: 2s, sites: [paris, london] }
backups:
  hourly: { at: 1s, of: cassandra, mode: full, restoreTest: frankfurt }
integrity: { scan: true }
requires: { heap: cassandra 640m }
detectors:
  health: { every: 30s, timeout: 10s, failures: 5 failures }
  driver: true
  nodetool: { every: 10s }
  alerts: { expect: [PrometheusDown], deadMan: 3m }
promises: { detection: 30s, normal: 30s, backup: 2h, restore: 4h }
seed: 7
guard: { lastSite: may be taken }
tier: 1
tags: [nightly]
siteProbes: { rate: 5/s }
failover: { after: 5 failures, retry: 30s, halfOpen: 1, failback: operator }
retry: { retries: 3, base: 1s, max: 30s }
steadyState: { for: 30s, within: 3m }
recovery: { within: 10m, repair: true, hints: 60s, after: 15s, failback: true }
readBack: { rate: 1000/s, within: 5m, attempts: 5, infoSettle: 100s }
canary: { rate: 50/s, outage: 1s, deleted: 5 }
stop: { downtime: 5m, otherSite: 30s }
settings: { downAfter: 3, upAfter: 10, floor: 95%, sustain: 30s, windowOperations: 200 }
dora: { class: switchover, function: payments, owner: somebody }
`;

const HOSTILE: readonly unknown[] = [
  // What a shell would do.
  ...['$(touch touched)', '`touch touched`', '; touch touched', '| touch touched', '&& touch touched #'],
  // What a terminal, a page or a file system would do.
  ...['\u001b[2J\u001b]0;owned\u0007', '\u0000', '\u009b31m', '\r\nHTTP/1.1 200', '\u202egnp.exe', '\u2028', '\uffff'],
  ...[
    '../../../../etc/passwd',
    '/etc/passwd',
    '..',
    'C:\\Windows',
    'name\u0000.yaml',
    '<script>alert(1)</script>',
    '%s%n',
  ],
  // What a number would do.
  ...[
    0,
    -0,
    -1,
    1.5,
    1e308,
    -1e308,
    Number.MAX_SAFE_INTEGER,
    2 ** 53 + 2,
    '1e999s',
    '9'.repeat(400),
    '0x10s',
    'NaN',
    'Infinitys',
  ],
  ...[
    '999999999d',
    '99999999999s',
    '0.0000000001us',
    '-5s',
    '5 s s',
    '5',
    '１０s',
    '100%',
    '0%',
    '1e3/s',
    '20001/s',
    '0/s',
  ],
  // What a key or a type would do.
  ...[
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    '',
    ' ',
    '\n',
    'null',
    'true',
    '~',
    'a'.repeat(100_000),
  ],
  ...[null, true, false, [], {}, [[]], [null], { a: 1 }, ['a', 'a'], { toString: 1 }, new Date(0)],
];

/** The places of the scenario: its values, and its keys. */
const PLACES = parsePlaces();

function parsePlaces(): number {
  let places = 0;
  visit(parseDocument(FULL), { Node: () => void places++ });
  return places;
}

/** The scenario with the node of this number replaced; a collection becomes a value as well. */
function replaced(place: number, value: unknown): string {
  const document = parseDocument(FULL);
  let at = 0;
  visit(document, {
    Node(key, node) {
      if (at++ !== place) return undefined;
      const made = document.createNode(value);
      if (key === 'key' && !isScalar(made)) return undefined;
      if (isScalar(made) && typeof value === 'string') (made as Scalar).type = 'QUOTE_DOUBLE';
      return isCollection(node) || key !== 'key' ? made : made;
    },
  });
  return document.toString();
}

/** What may not stand in a line for people. */
const OBEYED = /[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** Refused with places, or understood to its end: a plan that can be shown. Nothing else. */
function judge(text: string): void {
  const problems = problemsOf(text, 'good.yaml', REAL);
  for (const problem of problems) {
    expect(problem).toMatch(/^good\.yaml:[1-9]\d*:[1-9]\d*: ./s);
    expect(problem).not.toMatch(OBEYED);
    expect(problem.length).toBeLessThan(2_000);
  }
  if (problems.length > 0) return;
  try {
    const { plan, findings } = resolveScenario({
      ...REAL,
      loaded: loaded(text, REAL),
      platform: WHOLE,
      options: { seed: 7 },
    });
    expect(describePlan(plan, findings, REAL)).not.toMatch(OBEYED);
    for (const number of JSON.stringify(plan).matchAll(/[:[,](-?\d[\d.e+-]*)/g))
      expect(Number.isFinite(Number(number[1]))).toBe(true);
  } catch (error) {
    if (!isDrillError(error)) throw error;
    expect(error.message).not.toMatch(OBEYED);
  }
}

test('the scenario that is made hostile is a good one', () => {
  expect(problemsOf(FULL, 'good.yaml', REAL)).toEqual([]);
  const { plan } = resolveScenario({ ...REAL, loaded: loaded(FULL, REAL), platform: WHOLE });
  expect(plan.timeline.map(({ id }) => id)).toEqual(['site-loss-1', 'first-1', 'first-2', 'kill-1']);
  expect(PLACES).toBeGreaterThan(220);
});

test('hostile values at every place: refused where it stands, or harmless', () => {
  const all = HOSTILE.flatMap((value) => Array.from({ length: PLACES }, (_, place) => ({ place, value })));
  // Every fifth: each value at places of every kind, each place with values of every kind.
  const tried = all.filter((_, index) => index % 5 === 0);
  expect(tried.length).toBeGreaterThan(2_000);
  for (const { place, value } of tried) judge(replaced(place, value));
}, 300_000);

test('two hostile values at once', () => {
  fc.assert(
    fc.property(
      fc.nat(PLACES - 1),
      fc.constantFrom(...HOSTILE),
      fc.nat(FULL.length),
      fc.string({ maxLength: 6 }),
      (place, value, at, text) => {
        const once = replaced(place, value);
        judge(once.slice(0, at) + text + once.slice(at));
      },
    ),
    { numRuns: 2_000 },
  );
}, 300_000);

test('anchors that would explode, and brackets without end, are refused at once', () => {
  const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 0; i < 12; i++)
    bomb.push(
      `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${`*${String.fromCharCode(97 + i)}, `.repeat(9)}]`,
    );
  for (const text of [
    bomb.join('\n'),
    '['.repeat(200_000),
    '{a: '.repeat(100_000),
    `${FULL}<<: *x\n`,
    `${FULL}x: &x { y: *x }\n`,
  ]) {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).not.toMatch(OBEYED);
  }
});
