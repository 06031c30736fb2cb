/** The watcher process: detectors as they stand outside the sites. See `protocol.ts`. */
import { createInterface } from 'node:readline';
import { writeAll } from '../client/pipes.ts';
import { DATABASES, FURTHER_COMPONENTS } from '../platform/components.ts';
import { answers } from '../platform/health.ts';
import type { Component, Endpoint } from '../platform/platform.ts';
import { locate } from '../probes/locate.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import { watchThroughDriver } from './driver-view.ts';
import { checkHealth, type HealthCheckSettings } from './health-check.ts';
import { bePaged } from './pager.ts';
import type { WatcherConfig, WatcherEvent } from './protocol.ts';

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => void watchAll(JSON.parse(line) as WatcherConfig));
// It never outlives its harness.
lines.once('close', () => process.exit(0));

const tell = (event: WatcherEvent): void => writeAll(3, `${JSON.stringify(event)}\n`);

async function watchAll(config: WatcherConfig): Promise<void> {
  const { sites, health, driver, pager } = config;
  for (const site of health ? sites : []) {
    for (const component of componentsAt(site)) watch(site, component, health as HealthCheckSettings);
  }
  if (driver) await Promise.all(sites.map((site) => watchThroughDriver(site, config, tell)));
  if (pager) await bePaged({ ...pager, sites }, tell);
  tell({ type: 'ready' });
}

/** A store that a site has not cannot be unhealthy there. */
function componentsAt({ endpoints }: PlannedSite): readonly Component[] {
  return [...DATABASES, ...FURTHER_COMPONENTS.filter((store) => (endpoints[store] ?? []).length > 0)];
}

/** Healthy while each of its nodes answers. Where in its period a check is when something happens is left to chance, as it is. */
function watch(site: PlannedSite, component: Component, health: HealthCheckSettings): void {
  const nodes = site.endpoints[component] ?? [];
  const say = (type: 'alarm' | 'clear', what: string, failingForMs = 0): void =>
    tell({
      ...{ type, detector: `health check of ${component}`, simulated: true },
      ...{ site: site.name, component, what, failingForMs },
    });
  void checkHealth(
    health,
    {
      delayMs: Math.random() * health.everyMs,
      healthy: async (timeoutMs) =>
        (await Promise.all(nodes.map((node) => isHealthy(site, component, node, timeoutMs)))).every(Boolean),
      onAlarm: (what, failingForMs) => say('alarm', what, failingForMs),
      onClear: () => say('clear', 'it answers again'),
    },
    new AbortController().signal,
  );
}

/** Each check is a new connection, and asks for the host's name anew where it has one. */
async function isHealthy(site: PlannedSite, component: Component, node: Endpoint, timeoutMs: number): Promise<boolean> {
  const untilMs = performance.now() + timeoutMs;
  const [at] = await locate([node], site, timeoutMs).catch(() => []);
  return at !== undefined && answers(component, at, Math.max(1, untilMs - performance.now()));
}
