import type { ExerciseRecord } from './record.ts';

/** A record of an exercise in which a person did nothing and a run failed; every text is `text` where it is given. */
export function exampleRecord(text?: string): ExerciseRecord {
  const of = (usual: string): string => text ?? usual;
  return {
    schema: 'drill/exercise/1',
    harness: '0.1.0',
    id: of('20260131T120000Z-0a1b2c'),
    exercise: of('monthly'),
    title: of('Paris is lost in every way'),
    fileSha256: 'a'.repeat(64),
    operators: [of('root')],
    functions: [of('payment screening')],
    started: '2026-01-31T12:00:00.000Z',
    ended: '2026-01-31T14:00:00.000Z',
    verdict: 'fail',
    steps: [
      {
        kind: 'person',
        person: of('incident commander'),
        prompt: of('Declare the exercise.'),
        verdict: 'pass',
        reason: '',
        asked: '2026-01-31T12:00:01.000Z',
        entered: '2026-01-31T12:01:00.000Z',
        entry: of('declared in the channel'),
        by: of('Ada'),
      },
      {
        kind: 'scenario',
        scenario: of('site-failover'),
        proves: ['rto', 'rpo'],
        verdict: 'fail',
        reason: of('RPO of all services: missed'),
        run: {
          id: of('20260131T120200Z-7f3a91'),
          path: of('site-failover/20260131T120200Z-7f3a91'),
          started: '2026-01-31T12:02:00.000Z',
          outcome: 'completed',
          verdict: 'fail',
          manifestSha256: 'b'.repeat(64),
        },
        objectives: [{ id: of('rpo'), statement: of('RPO < 5 min'), verdict: 'fail', reason: of('missed') }],
      },
      {
        kind: 'scenario',
        scenario: of('disk-full'),
        proves: ['rto'],
        verdict: 'unknown',
        reason: of('it was not run'),
        run: null,
        objectives: [],
      },
    ],
  };
}
