import { expect, test } from 'vitest';
import { EXIT, PlatformError } from '../errors.ts';
import { failingReport, passingReport } from '../report/testing.ts';
import { carryOut, type Hands } from './carry-out.ts';
import type { Exercise } from './exercise-schema.ts';
import { type ExerciseRecord, exerciseRecordSchema } from './record.ts';

const OF = { id: 'x', harness: '0.1.0', operators: ['root'] };
const scenario = (name: string, config?: string) => ({
  scenario: name,
  proves: ['rto' as const],
  ...(config !== undefined && { config }),
});
const person = { person: 'commander', prompt: 'declare', within: 60_000_000 };

function loaded(...steps: Exercise['steps']) {
  const exercise: Exercise = { name: 'monthly', title: 't', every: 1, functions: ['f'], steps };
  return { exercise, file: 'monthly.yaml', sha256: 'a'.repeat(64) };
}

interface Kept {
  readonly hands: Hands;
  readonly saved: ExerciseRecord[];
  readonly calls: string[];
}

/** Every run passes, every person answers, unless told otherwise. */
function kept(more: Partial<Hands> = {}): Kept {
  const saved: ExerciseRecord[] = [];
  const calls: string[] = [];
  let ms = Date.UTC(2026, 0, 1);
  const hands: Hands = {
    run: async (names, config, onRun) => {
      calls.push(`${names.join('+')}${config === undefined ? '' : ` on ${config}`}`);
      for (const [index] of names.entries())
        onRun({ index, path: `p/${index}`, report: passingReport(), manifestSha256: null });
      return EXIT.pass;
    },
    ask: async () => ({ done: true, by: 'Ada', text: 'declared in the channel', entered: new Date(ms) }),
    save: (record) => saved.push(exerciseRecordSchema.parse(structuredClone(record))),
    now: () => new Date(ms++),
    ...more,
  };
  return { hands, saved, calls };
}

test('scenarios of one platform go together, in order, and all pass: the exercise passes', async () => {
  const { hands, saved, calls } = kept();
  const { record, code } = await carryOut(
    loaded(person, scenario('a'), scenario('b'), scenario('c', 'small.yaml'), person, scenario('d')),
    OF,
    hands,
  );
  expect(calls).toEqual(['a+b', 'c on small.yaml', 'd']);
  expect([record.verdict, code]).toEqual(['pass', EXIT.pass]);
  expect(record.steps.map(({ verdict }) => verdict)).toEqual(Array.from({ length: 6 }, () => 'pass'));
  // Before anything was done there was a record, and it was unknown.
  expect([saved[0]?.verdict, saved[0]?.ended, saved.at(-1)?.ended === null]).toEqual(['unknown', null, false]);
});

test('fail beats unknown, and unknown beats pass', async () => {
  const fails: Partial<Hands> = {
    run: async (_names, _config, onRun) => {
      onRun({ index: 0, path: 'p/0', report: failingReport(), manifestSha256: null });
      return EXIT.objectiveMissed;
    },
  };
  const failed = await carryOut(loaded(scenario('a'), scenario('b')), OF, kept(fails).hands);
  expect(failed.record.steps.map(({ verdict, reason }) => [verdict, reason === ''])).toEqual([
    ['fail', false],
    ['unknown', false],
  ]);
  expect([failed.record.verdict, failed.code]).toEqual(['fail', EXIT.objectiveMissed]);
});

test('where nobody is there, what people should do is not done, and the exercise is unknown', async () => {
  const { record, code } = await carryOut(loaded(person, scenario('a')), OF, kept({ ask: null }).hands);
  expect(record.steps[0]).toMatchObject({ verdict: 'unknown', asked: null, entered: null });
  expect(record.steps[1]?.verdict).toBe('pass');
  expect([record.verdict, code]).toEqual(['unknown', EXIT.unknown]);
});

test('an entry that is empty or late counts as not done', async () => {
  const said = { done: true, by: 'Ada', text: 'declared', entered: new Date() };
  for (const entry of [null, { ...said, text: '  ' }, { ...said, by: ' ' }]) {
    const { record } = await carryOut(loaded(person), OF, kept({ ask: async () => entry }).hands);
    expect(record.steps[0]).toMatchObject({ verdict: 'unknown', entered: null });
  }
});

test('what a person did is what they say was done, with their name; "not done" is no pass, whatever else they write', async () => {
  const said = { done: true, by: ' Ada ', text: 'declared in the channel', entered: new Date(0) };
  const step = async (entry: typeof said) =>
    (await carryOut(loaded(person), OF, kept({ ask: async () => entry }).hands)).record.steps[0];
  expect(await step(said)).toMatchObject({ verdict: 'pass', reason: '', by: 'Ada', entry: said.text });
  expect(await step({ ...said, done: false, text: 'nobody answered the call' })).toMatchObject({
    verdict: 'unknown',
    reason: 'not done, says Ada',
    by: 'Ada',
    entry: 'nobody answered the call',
  });
});

test('when a platform cannot be used, nothing more is begun, and each step says why', async () => {
  const { hands, calls } = kept({
    run: async () => {
      throw new PlatformError('the platform is gone');
    },
  });
  const { record, code } = await carryOut(loaded(scenario('a'), person, scenario('b')), OF, hands);
  expect(calls).toEqual([]);
  expect(code).toBe(EXIT.platform);
  expect(record.steps.map(({ reason }) => reason)).toEqual([
    'it was not run: the platform is gone',
    'the exercise was broken off: the platform is gone',
    'the exercise was broken off: the platform is gone',
  ]);
  expect(record.verdict).toBe('unknown');
});

test('an aborted run, or a person who breaks it off, ends it', async () => {
  const aborts = kept({ run: async () => EXIT.aborted });
  const stopped = await carryOut(loaded(scenario('a'), scenario('b', 'x.yaml')), OF, aborts.hands);
  expect(stopped.code).toBe(EXIT.aborted);
  expect(stopped.record.steps[1]?.reason).toBe('the exercise was broken off: a run was aborted');
  expect(stopped.record.ended).toBeNull();
  const leaves = kept({
    ask: async () => {
      throw new Error('interrupted by a person');
    },
  });
  const left = await carryOut(loaded(person, scenario('a')), OF, leaves.hands);
  expect([left.code, leaves.calls]).toEqual([EXIT.aborted, []]);
});

test('a run that judged nothing of what it was there to prove, or was aborted, is unknown', async () => {
  const nothing = { ...passingReport(), objectives: [] };
  const aborted = {
    ...passingReport(),
    run: { ...passingReport().run, outcome: 'aborted' as const, reason: 'SIGINT' },
  };
  for (const [report, why] of [
    [nothing, /judged no rto/],
    [aborted, /was aborted: SIGINT/],
    [null, /left no report/],
  ] as const) {
    const { hands } = kept({
      run: async (_names, _config, onRun) => {
        onRun({ index: 0, path: 'p/0', report, manifestSha256: null });
        return EXIT.pass;
      },
    });
    const { record } = await carryOut(loaded(scenario('a')), OF, hands);
    expect(record.steps[0]?.verdict).toBe('unknown');
    expect(record.steps[0]?.reason).toMatch(why);
  }
});
