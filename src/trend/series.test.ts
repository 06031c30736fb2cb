import { expect, test } from 'vitest';
import { failingReport, passingReport, unknownReport } from '../report/testing.ts';
import { comparable, recordOf } from './run-record.ts';
import { historyOf } from './series.ts';
import { differences } from './setting.ts';
import { runOf, SETTING } from './testing.ts';

const exact = (value: number) => ({ lower: value, upper: value });

test('runs are ordered by their start, and a series is broken where anything differs', () => {
  const upgraded = new Map([...SETTING, ['version of cassandra', '5.0.7']]);
  const { scenarios } = historyOf([
    runOf(3, exact(3), { setting: upgraded }),
    runOf(1, exact(1)),
    runOf(2, exact(2)),
    runOf(4, exact(4), { setting: upgraded }),
  ]);
  const [only] = scenarios;
  expect(only?.steps.map(({ run }) => run.id)).toEqual(['run-1', 'run-2', 'run-3', 'run-4']);
  expect(only?.steps.map(({ breaks }) => breaks)).toEqual([[], [], ['version of cassandra: was 5.0.6, is 5.0.7'], []]);
  expect(only?.series[0]?.compared).toEqual([exact(3), exact(4)]);
});

test('a run of a setting of before is compared with those of that setting', () => {
  const other = new Map([...SETTING, ['nodes a site', '3']]);
  const { scenarios } = historyOf([runOf(1, exact(1)), runOf(2, exact(2), { setting: other }), runOf(3, exact(3))]);
  expect(scenarios[0]?.series[0]?.compared).toEqual([exact(1), exact(3)]);
  expect(scenarios[0]?.steps[1]?.breaks).toEqual(['nodes a site: was not said, is 3']);
});

test('what is unknown, not judged, aborted or not to be trusted is compared with nothing', () => {
  const { scenarios } = historyOf([
    runOf(1, exact(1)),
    runOf(2, null, {}, 'unknown'),
    runOf(3, exact(3), {}, 'unknown'),
    runOf(4, exact(4), { notCompared: 'it was aborted' }),
    runOf(5, exact(5)),
  ]);
  expect(scenarios[0]?.series[0]?.compared).toEqual([exact(1), exact(5)]);
});

test('what it ran on is not known: no run is like it, itself included', () => {
  expect(differences(null, null)).not.toEqual([]);
  const { scenarios } = historyOf([runOf(1, exact(1), { setting: null }), runOf(2, exact(2), { setting: null })]);
  expect(scenarios[0]?.series[0]?.compared).toEqual([]);
});

test('the record of a report: figures with the objectives that judge them', () => {
  const of = (report: ReturnType<typeof passingReport>) => recordOf(report, null, { path: 'x/y', seal: 'sealed' });
  const passed = of(passingReport());
  expect(passed.figures.map(({ name }) => name)).toEqual([
    'RTO of ledger',
    'RTO of graph',
    'RPO at failover',
    'P95 of ledger, after',
    'P95 of graph, after',
  ]);
  const rpo = (report: ReturnType<typeof passingReport>) => of(report).figures.find(({ metric }) => metric === 'rpo');
  expect(rpo(passingReport())?.measured_us).toEqual({ lower: 0, upper: 0 });
  expect(rpo(failingReport())?.measured_us?.lower).toBeGreaterThan(0);
  expect(rpo(unknownReport())?.measured_us).toBeNull();
  expect(of(unknownReport()).notCompared).toBe('its instrument did not prove itself');
  const [rto] = passed.figures;
  expect(rto && comparable(passed, rto)).not.toBeNull();
  const aborted = of({ ...passingReport(), run: { ...passingReport().run, outcome: 'aborted' } });
  expect(aborted.figures[0] && comparable(aborted, aborted.figures[0])).toBeNull();
});

test('an outage that is open has no upper bound', () => {
  const open = recordOf(unknownReport(), null, { path: 'x/y', seal: 'not sealed' });
  const rto = open.figures.find(({ name }) => name === 'RTO of ledger');
  expect(rto?.measured_us?.upper ?? null).toBeNull();
});
