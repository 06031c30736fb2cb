import { expect, test } from 'vitest';
import { GOOD, loaded, PLATFORM, REGISTRIES } from '../scenario/fixtures.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { LiveRecord } from './live-record.ts';
import { type Asked, Stages } from './reading.ts';

const SECOND = 1_000_000;
const EFFECTIVE_US = 10 * SECOND;
const GONE_US = 20 * SECOND;

/** One acknowledged write a second for half a minute: Paris acknowledges the first 15, London the rest. */
function written() {
  const plan = resolvePlan({ ...REGISTRIES, loaded: loaded(GOOD), platform: PLATFORM });
  const live = new LiveRecord(plan);
  const [service] = live.services();
  if (!service) throw new Error('no service');
  const { probe, client, writes } = service.timetable;
  service.start(0);
  for (let index = 0; index < 30; index += 1) {
    const us = index * SECOND;
    service.add({
      ...{
        index,
        attempt: 1,
        probe,
        service: service.timetable.service,
        site: index < 15 ? 'paris' : 'london',
        client,
      },
      ...{ f: writes[0] ?? '', key: `k${index}`, valueSha: '', outcome: 'ok', error: '' },
      ...{ intendedUs: us, invokedUs: us, completedUs: us },
    });
  }
  return { live, stages: new Stages(plan, live), service: service.timetable.service };
}

const keys = (asked: readonly Asked[]): readonly string[] =>
  asked
    .flatMap(({ writes }) => writes.map(({ key }) => key))
    .toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

const numbered = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, index) => `k${from + index}`);

test('what a site that was left acknowledged is asked for once: with the ledger', () => {
  const { live, stages, service } = written();
  live.moved(service, 'paris', 'london');
  expect(keys(stages.afterRecovery(EFFECTIVE_US, GONE_US, false))).toEqual(numbered(0, 15));
  expect(keys(stages.later(EFFECTIVE_US, GONE_US))).toEqual(numbered(15, 30));
});

test.each([
  ['after the stages of RPO', true],
  ['and none of those stages came', false],
])('what a site that is left only %s acknowledged is asked for later: it is in no gap', (_, recovered) => {
  const { live, stages, service } = written();
  if (recovered) expect(keys(stages.afterRecovery(EFFECTIVE_US, GONE_US, false))).toEqual(numbered(0, 10));
  live.moved(service, 'paris', 'london');
  expect(keys(stages.later(EFFECTIVE_US, GONE_US))).toEqual(numbered(10, 30));
});
