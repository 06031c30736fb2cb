import { createServer, type IncomingMessage } from 'node:http';
import { z } from 'zod';
import { isComponent } from '../platform/components.ts';
import type { Endpoint } from '../platform/platform.ts';
import type { WatcherEvent } from './protocol.ts';

const MAX_BYTES = 4_000_000;
const CHECK_MS = 1_000;
/** The alert that always fires, and is missed when it comes no more. */
const WATCHDOG = 'Watchdog';
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
  at: Endpoint,
  { sites, deadManMs }: { readonly sites: readonly string[]; readonly deadManMs: number },
  tell: Tell,
): Promise<void> {
  const deadMan = new DeadMan(sites, deadManMs, tell);
  const firing = new Set<string>();
  const server = createServer((request, response) => {
    const answer = (status: number): void => void response.writeHead(status).end();
    readNotice(request).then(
      (notice) => {
        if (notice) for (const alert of notice) hear(alert, firing, deadMan, tell);
        answer(notice ? 200 : 400);
      },
      () => answer(400),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  setInterval(() => deadMan.check(performance.now()), CHECK_MS).unref();
}

function hear(alert: Alert, firing: Set<string>, deadMan: DeadMan, tell: Tell): void {
  const { status, labels, startsAt, fingerprint } = alert;
  const { alertname = '', site = '', component } = labels;
  if (alertname === WATCHDOG) {
    deadMan.heard(site, status === 'firing', performance.now());
    return;
  }
  // It is told again and again while it lasts.
  if (firing.has(fingerprint) === (status === 'firing')) return;
  if (status === 'firing') firing.add(fingerprint);
  else firing.delete(fingerprint);
  tell({
    type: status === 'firing' ? 'alarm' : 'clear',
    detector: `alert ${alertname}`,
    simulated: false,
    alert: alertname,
    site,
    component: isComponent(component) ? component : null,
    what: status === 'firing' ? `firing since ${startsAt}` : 'resolved',
    failingForMs: Math.max(0, Date.now() - Date.parse(startsAt)),
  });
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
    const failingForMs = Math.max(0, silentMs - EXPECTED_MS);
    this.tell({ type, detector, simulated: true, site, component: 'prometheus', what, failingForMs });
  }
}
