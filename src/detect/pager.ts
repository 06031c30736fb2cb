import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { isComponent, WATCHDOG } from '../platform/components.ts';
import type { Endpoint } from '../platform/platform.ts';
import type { PlannedSite } from '../scenario/plan.ts';
import type { WatcherConfig, WatcherEvent } from './protocol.ts';

const MAX_BYTES = 4_000_000;
const CHECK_MS = 1_000;
const ASK_MS = 500;
/** How often it comes at least, where all is well. */
const EXPECTED_MS = 60_000;

/** Of what an Alertmanager posts to a webhook (version 4 of its format) what is read here. */
const noticeSchema = z.object({
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), z.string()),
        startsAt: z.iso.datetime({ offset: true }),
        fingerprint: z.string(),
      }),
    )
    .max(10_000),
});
type Alert = z.infer<typeof noticeSchema>['alerts'][number];

type Tell = (event: WatcherEvent) => void;

/**
 * Whoever is on call: Alertmanagers notify it at `at`, and each change of an alert is told when it arrives. A site whose dead man's alert comes no more for
 * `deadManMs`, or of which an Alertmanager says that it is over, raises an alarm of our own stand-in for such a service.
 */
export async function bePaged(
  { at, deadManMs, sites }: NonNullable<WatcherConfig['pager']> & Pick<WatcherConfig, 'sites'>,
  tell: Tell,
): Promise<void> {
  const names = sites.map(({ name }) => name);
  const heard = new Heard(new DeadMan(names, deadManMs, tell), at.standIn, sites, tell);
  const server = createServer((request, response) => {
    const answer = (status: number): void => void response.writeHead(status).end();
    readNotice(request).then(
      (notice) => {
        if (notice) for (const alert of notice) heard.hear(alert);
        answer(notice ? 200 : 400);
      },
      () => answer(400),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  setInterval(() => heard.deadMan.check(performance.now()), CHECK_MS).unref();
}

/** What was notified, and of whom. */
class Heard {
  readonly deadMan: DeadMan;
  private readonly standIn: boolean;
  private readonly prometheis: readonly Endpoint[];
  private readonly tell: Tell;
  private readonly firing = new Set<string>();

  constructor(deadMan: DeadMan, standIn: boolean, sites: readonly PlannedSite[], tell: Tell) {
    this.deadMan = deadMan;
    this.standIn = standIn;
    this.prometheis = sites.flatMap(({ endpoints }) => endpoints.prometheus ?? []);
    this.tell = tell;
  }

  hear(alert: Alert): void {
    const { status, labels, fingerprint } = alert;
    if (labels.alertname === WATCHDOG) {
      this.deadMan.heard(labels.site ?? '', status === 'firing', performance.now());
      return;
    }
    // It is told again and again while it lasts.
    if (this.firing.has(fingerprint) === (status === 'firing')) return;
    if (status === 'firing') this.firing.add(fingerprint);
    else this.firing.delete(fingerprint);
    void this.say(alert);
  }

  private async say({ status, labels, startsAt }: Alert): Promise<void> {
    const { alertname = '', site = '', component } = labels;
    const firing = status === 'firing';
    const sinceMs = firing ? await this.activeSinceMs(labels, Date.parse(startsAt)) : Date.now();
    this.tell({
      type: firing ? 'alarm' : 'clear',
      ...{ detector: `alert ${alertname}`, alert: alertname, simulated: this.standIn },
      ...{ site, component: isComponent(component) ? component : null },
      what: firing ? `firing since ${startsAt}` : 'resolved',
      failingForMs: Math.max(0, Date.now() - sinceMs),
    });
  }

  /** Since when it was pending, which only a Prometheus knows: one that was so before the fault has noticed something else. In ms since 1970. */
  private async activeSinceMs(labels: Alert['labels'], startsMs: number): Promise<number> {
    const asked = await Promise.all(this.prometheis.map((one) => activeAlerts(one).catch(() => [])));
    // What is notified has all of an alert's labels, and those of the Prometheus that sent it.
    const same = asked
      .flat()
      .filter((one) => Object.entries(one.labels).every(([name, value]) => labels[name] === value));
    return Math.min(startsMs, ...same.map(({ activeAt }) => Date.parse(activeAt)));
  }
}

const activeSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), activeAt: z.iso.datetime({ offset: true }) })),
  }),
});

/** What a Prometheus has pending or firing. Rejects where it does not say so at once: whoever is on call must not wait for it. */
async function activeAlerts({ host, port }: Endpoint): Promise<z.infer<typeof activeSchema>['data']['alerts']> {
  const answer = await fetch(`http://${host}:${port}/api/v1/alerts`, { signal: AbortSignal.timeout(ASK_MS) });
  return activeSchema.parse(await answer.json()).data.alerts;
}

async function readNotice(request: IncomingMessage): Promise<readonly Alert[] | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BYTES) return null;
    parts.push(part);
  }
  return noticeSchema.safeParse(JSON.parse(Buffer.concat(parts).toString('utf8'))).data?.alerts ?? null;
}

/** Misses the alert that always fires, of each site on its own. */
export class DeadMan {
  private readonly limitMs: number;
  private readonly tell: Tell;
  private readonly heardMs = new Map<string, number>();
  private readonly missed = new Set<string>();
  private readonly ever = new Set<string>();

  constructor(sites: readonly string[], limitMs: number, tell: Tell, nowMs = performance.now()) {
    this.limitMs = limitMs;
    this.tell = tell;
    for (const site of sites) this.heardMs.set(site, nowMs);
  }

  heard(site: string, firing: boolean, nowMs: number): void {
    const before = this.heardMs.get(site);
    if (before === undefined) return;
    if (!firing) {
      this.miss(site, 'its Alertmanager says that it is over', nowMs - before);
      return;
    }
    this.heardMs.set(site, nowMs);
    this.ever.add(site);
    if (this.missed.delete(site)) this.say('clear', site, 'it comes again');
  }

  check(nowMs: number): void {
    for (const [site, heardMs] of this.heardMs)
      if (nowMs - heardMs > this.limitMs)
        this.miss(site, `not heard for ${Math.round((nowMs - heardMs) / 1000)} s`, nowMs - heardMs);
  }

  private miss(site: string, what: string, silentMs: number): void {
    if (this.missed.has(site)) return;
    this.missed.add(site);
    this.say('alarm', site, what, silentMs);
  }

  private say(type: 'alarm' | 'clear', site: string, what: string, silentMs = 0): void {
    const detector = `dead man's switch (${WATCHDOG})`;
    // One that never came began before any fault: it notices none.
    const failingForMs = this.ever.has(site) ? Math.max(0, silentMs - EXPECTED_MS) : silentMs;
    this.tell({ type, detector, simulated: true, site, component: 'prometheus', what, failingForMs });
  }
}
