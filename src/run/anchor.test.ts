import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Tsa } from '../../test/unit/support/tsa.ts';
import { ANCHOR_FACT } from '../check/facts.ts';
import { judgeNewRun } from '../commands/judge.ts';
import { readAuthorities } from '../evidence/certificate-chain.ts';
import { anchorTag, readAnchors } from '../evidence/git-anchor.ts';
import { NO_KEYS } from '../evidence/keyring.ts';
import { stampSealed } from '../evidence/stamp-sealed.ts';
import { verifyTimestamp } from '../evidence/timestamp.ts';
import { verifyBundle } from '../evidence/verify.ts';
import { sha256Hex } from '../history/chain.ts';
import type { Intent } from '../history/intent.ts';
import { type Anchoring, anchorIntent } from './anchor.ts';
import type { RunDirectory } from './run-directory.ts';
import { expectHealed, TestReports } from './testing-run.ts';

const base = mkdtempSync(join(tmpdir(), 'drill-anchor-'));
const tsa = new Tsa();
const remote = join(base, 'remote');
execFileSync('git', ['init', '--quiet', '--bare', remote]);
const reports = new TestReports();
afterAll(() => {
  for (const directory of [base, tsa.directory]) rmSync(directory, { recursive: true, force: true });
  reports.remove();
});

const NEVER = new AbortController().signal;
const SEQUENCE = { series: 'cd'.repeat(16), counter: 3, previous: null };

/** A run directory with an intent and nothing else. */
function begun(run: string, sequence: Intent['sequence'] | null = SEQUENCE): RunDirectory {
  const path = join(base, run);
  mkdirSync(path);
  const intent = JSON.stringify({ run, ...(sequence && { sequence }) });
  writeFileSync(join(path, 'intent.json'), intent);
  return { run, path, intentSha256: sha256Hex(intent) };
}

const both: Anchoring = { authority: tsa.authority, remote, optional: false };
const nobody: Anchoring = {
  authority: { ask: async () => Promise.reject(new Error('nobody answers')) },
  remote: join(base, 'no-remote'),
  optional: false,
};

test('an authority stamps the intent, and a remote gets its tag', async () => {
  const run = begun('both');
  const ref = anchorTag({ ...SEQUENCE, run: run.run, intentSha256: run.intentSha256 });
  const answer = (): Buffer => readFileSync(join(run.path, 'intent.tsr'));
  expect(await anchorIntent(run, both, NEVER)).toEqual([
    { kind: 'tsa', sha256: sha256Hex(answer()) },
    { kind: 'git', ref, remote },
  ]);
  expect(verifyTimestamp(answer(), run.intentSha256, 'x', readAuthorities(tsa.root)).state).toBe('verified');
  expect((await readAnchors(remote, NEVER)).runs).toContainEqual({
    series: SEQUENCE.series,
    counter: 3,
    run: 'both',
    intentSha256: run.intentSha256,
  });
});

test('what cannot be had refuses the run, or is said where it is optional', async () => {
  await expect(anchorIntent(begun('refused'), nobody, NEVER)).rejects.toThrow(
    /no anchor before the fault: .*nobody answers/,
  );
  const optional = begun('optional');
  expect(await anchorIntent(optional, { ...nobody, optional: true }, NEVER)).toEqual([
    { kind: 'none', why: expect.stringContaining('nobody answers') },
    { kind: 'none', why: expect.stringContaining('no-remote') },
  ]);
  expect(existsSync(join(optional.path, 'intent.tsr'))).toBe(false);
  await expect(anchorIntent(begun('uncounted', null), { ...both, authority: null }, NEVER)).rejects.toThrow(
    /no counter/,
  );
});

test('a run that is broken off meanwhile is broken off, optional or not', async () => {
  const over = AbortSignal.abort(new Error('interrupted'));
  await expect(anchorIntent(begun('broken'), { ...both, optional: true }, over)).rejects.toThrow('interrupted');
});

const SCENARIO = `name: good
title: Paris is lost
hypothesis: London serves
services:
  ledger: { probe: cql, rate: 200/s, timeout: 1s, sites: [paris, london] }
siteProbes: { rate: 5/s }
steadyState: { for: 6s }
timeline:
  - at: 1s
    fault: { type: kill, component: cassandra, site: paris }
    for: 3s
recovery: { hints: 1s, after: 1s }
readBack: { infoSettle: 1s }
canary: { outage: 300ms }
settings: { sustain: 2s }
objectives: { rto: 30m }
`;

describe('a run', { timeout: 180_000 }, () => {
  test.concurrent('is anchored before its first fault, and its journal says so and who ran it', async () => {
    const { result, events } = await reports.run({ scenario: SCENARIO, anchoring: both, operators: ['ada', 'root'] });
    expect(result.outcome).toBe('completed');
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type === 'anchored')).toHaveLength(2);
    expect(types.lastIndexOf('anchored')).toBeLessThan(types.indexOf('undo-recorded'));
    expect(events[0]?.data).toMatchObject({ operators: ['ada', 'root'] });
    const intentSha256 = sha256Hex(readFileSync(join(result.directory, 'intent.json')));
    expect((await readAnchors(remote, NEVER)).runs.map((one) => one.intentSha256)).toContain(intentSha256);
    const { facts } = await judgeNewRun(result.directory, null);
    expect(facts.filter(({ fact }) => fact === ANCHOR_FACT).map(({ value }) => value)).toEqual([
      'time stamp (RFC 3161) over intent.json: intent.tsr',
      expect.stringMatching(/^tag refs\/tags\/drill\/.* in /),
    ]);
    expect(readFileSync(join(result.directory, 'report.html'), 'utf8')).toContain(
      'Anchor before the fault: time stamp',
    );
    await stampSealed(result.directory, tsa.authority, NEVER);
    const keys = { ...NO_KEYS, authorities: readAuthorities(tsa.root) };
    expect(verifyBundle(result.directory, keys)).toMatchObject({
      timestamp: { state: 'verified' },
      intentTimestamp: { state: 'verified' },
      anchors: [{ kind: 'tsa' }, { kind: 'git', remote }],
    });
  });

  test.concurrent('that cannot be anchored injects nothing, and says why', async () => {
    const ran = await reports.run({ scenario: SCENARIO, anchoring: nobody });
    expect(ran.result).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('nobody answers') });
    expect(ran.events.map(({ type }) => type)).not.toContain('fault-requested');
    expectHealed(ran);
  });
});
