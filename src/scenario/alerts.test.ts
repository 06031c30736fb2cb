import { expect, test } from 'vitest';
import type { PlatformFacts } from '../platform/platform.ts';
import { GOOD, loaded, PLATFORM, problemsOf, REGISTRIES } from './fixtures.ts';
import { resolvePlan } from './resolve.ts';

const PAGED: PlatformFacts = {
  ...PLATFORM,
  sites: PLATFORM.sites.map((site) => {
    const at = [{ host: '127.0.0.1', port: 9 }];
    return { ...site, endpoints: { ...site.endpoints, prometheus: at, alertmanager: at } };
  }),
  pager: { host: '127.0.0.1', port: 9, standIn: true, alerts: ['PrometheusDown', 'DiskFull', 'Watchdog'] },
};
const expecting = (...alerts: readonly string[]): string =>
  `${GOOD}detectors: { alerts: { expect: [${alerts.join(', ')}] } }\n`;

test('an alert that no rule of the platform raises would never fire, and is a mistake', () => {
  const resolve = (text: string) => () => resolvePlan({ loaded: loaded(text), platform: PAGED, ...REGISTRIES });
  expect(resolve(expecting('DiskFull', 'PrometheusDown'))).not.toThrow();
  expect(resolve(expecting())).not.toThrow();
  expect(resolve(expecting('DiskFull', 'PrometheusDwon'))).toThrow(
    /detectors\.alerts\.expect\[1\]: expected an alert of the platform .*PrometheusDown.* got "PrometheusDwon"; did you mean "PrometheusDown"\?/,
  );
});

test('each is expected once, and the one that always fires is not', () => {
  expect(problemsOf(expecting('DiskFull', 'DiskFull')).join()).toContain(
    'detectors.alerts.expect[1]: expected each alert once, got DiskFull again',
  );
  expect(problemsOf(expecting('Watchdog')).join()).toContain(
    'detectors.alerts.expect[0]: expected another than Watchdog, which always fires',
  );
});
