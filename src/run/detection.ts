import { spawnWatcher } from '../client/spawn.ts';
import { NodetoolView } from '../detect/nodetool-view.ts';
import type { Alarm } from '../detect/protocol.ts';
import { messageOf, PlatformError } from '../errors.ts';
import { OUTSIDE_PEER, type Pager, type Platform } from '../platform/platform.ts';
import { PROBES } from '../probes/registry.ts';
import { struckSites } from '../scenario/struck-sites.ts';
import { attribute, isExpected } from './attribution.ts';
import type { Session } from './session.ts';
import { pause } from './wait.ts';

const READY_MS = 60_000;
const NODETOOL_MS = 30_000;

/** The detectors of a plan at work: each alarm is journaled when it comes, as the detection of the fault that strikes that site. */
export class Detection implements AsyncDisposable {
  private readonly session: Session;
  private readonly over = new AbortController();
  private readonly watcher: ReturnType<typeof spawnWatcher> | null = null;
  private polling: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.session = session;
    const { plan, platform } = session;
    const { health, driver, nodetool, alerts } = plan.detectors;
    if (health || driver || alerts) {
      const cql = plan.timetables.find(({ probe }) => PROBES.get(probe)?.component === 'cassandra');
      this.watcher = spawnWatcher({
        place: platform.place(OUTSIDE_PEER),
        config: {
          sites: plan.platform.sites,
          health: health && {
            everyMs: health.every_us / 1000,
            timeoutMs: health.timeout_us / 1000,
            failures: health.failures,
          },
          driver: driver
            ? { params: cql?.params ?? { consistency: 'LOCAL_ONE' }, timeoutUs: cql?.timeout_us ?? 2_000_000 }
            : null,
          pager: alerts ? { at: pagerOf(platform), deadManMs: alerts.deadMan_us / 1000 } : null,
        },
        onEvent: (event) => event.type !== 'ready' && this.hear(event),
      });
      // Without it nothing is detected; everything else is measured all the same.
      this.watcher.ended.catch((error: unknown) => this.note(`the detectors ended: ${messageOf(error)}`));
    }
    if (nodetool) this.polling = this.pollNodetool(nodetool.every_us / 1000);
  }

  /** Resolves when every detector is at work; rejects when one is not in time. */
  async ready(): Promise<void> {
    const late = pause(READY_MS, this.over.signal).then(() => Promise.reject(new Error('the detectors are not ready')));
    late.catch(() => {});
    await Promise.race([this.watcher?.ready, late]);
  }

  private hear(alarm: Alarm): void {
    const { plan, leases, journal, say, phaseNow, clock } = this.session;
    const { type, detector, simulated, site, component, alert, what } = alarm;
    const about = [component, site].filter(Boolean).join(' of ') || 'nothing that it names';
    const text = `${type} of the ${detector}: ${about}: ${what}`;
    say({ phase: phaseNow, text });
    if (alert !== undefined) {
      const state = type === 'alarm' ? 'firing' : 'resolved';
      const expected = isExpected(alarm, plan);
      journal.append('alert', { alert, site, component: component ?? '', state, expected }).catch(() => {});
    }
    const detects = attribute(alarm, plan, leases, clock.nowUs());
    if (!detects || detects.services.length === 0) this.note(text);
    for (const service of detects?.services ?? []) {
      const data = { fault: detects?.fault as string, detector: `${detector} (${site}): ${what}`, simulated };
      journal.append('detected', service === undefined ? data : { ...data, service }).catch(() => {});
    }
  }

  private note(what: string): void {
    this.session.journal.append('platform-event', { kind: 'detector', what }).catch(() => {});
  }

  /** `nodetool status` at a site that no fault strikes. */
  private async pollNodetool(everyMs: number): Promise<void> {
    const { plan, platform } = this.session;
    const struck = new Set(plan.timeline.flatMap(struckSites));
    const from = plan.platform.sites.find(({ name }) => !struck.has(name))?.name;
    const { nodetool } = platform.abilities;
    if (from === undefined || !nodetool) {
      this.note('no site is left from which nodetool could look');
      return;
    }
    const view = new NodetoolView(from, plan.platform.sites);
    while (!this.over.signal.aborted) {
      const limit = AbortSignal.any([this.over.signal, AbortSignal.timeout(NODETOOL_MS)]);
      for (const alarm of view.read(await nodetool.run(from, ['status'], limit).catch(() => ''))) this.hear(alarm);
      await pause(everyMs, this.over.signal).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.over.abort();
    await this.watcher?.[Symbol.asyncDispose]();
    await this.polling;
  }
}

/** A PlatformError where nobody is notified: `requireComponents` has said so before. */
function pagerOf(platform: Pick<Platform, 'facts'>): Pager {
  const { name, pager } = platform.facts();
  if (pager) return pager;
  throw new PlatformError(`the platform ${name} does not say where its Alertmanagers notify`);
}
