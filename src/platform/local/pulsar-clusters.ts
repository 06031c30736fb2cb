import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError } from '../../errors.ts';
import { PIPELINE } from '../pipeline.ts';
import { addressOf, type LocalConfig } from './config.ts';

const ASK_MS = 10_000;
const TRIES = 10;
const PAUSE_MS = 500;

/**
 * Tells each site's Pulsar of the others, and lets the tenant `public` use them all: what is produced in a namespace that says so is then sent to
 * every site. Each cluster has metadata of its own, and keeps this across restarts. Idempotent.
 */
export async function linkClusters(config: LocalConfig, signal: AbortSignal): Promise<void> {
  const clusters = config.sites.map(({ name }) => name);
  for (const [site, { name }] of config.sites.entries()) {
    const ask = adminOf(config, site, signal);
    for (const [peer, { name: other }] of config.sites.entries()) {
      if (peer === site) continue;
      const address = addressOf(config, peer);
      await ask('PUT', `clusters/${other}`, {
        serviceUrl: `http://${address}:${config.pulsar.webPort}`,
        brokerServiceUrl: `pulsar://${address}:${config.pulsar.brokerPort}`,
      });
    }
    await ask('POST', 'tenants/public', { adminRoles: [], allowedClusters: clusters }).catch((error: unknown) => {
      throw new PlatformError(`Pulsar of ${name} does not replicate to the other sites: ${messageOf(error)}`, {
        cause: error,
      });
    });
  }
}

/** The topics of the platform's own events in each site, with deduplication; they stay in their site. Idempotent. Before anything consumes them. */
export async function makeEventTopics(config: LocalConfig, signal: AbortSignal): Promise<void> {
  for (const [site, { name }] of config.sites.entries()) {
    const ask = adminOf(config, site, signal);
    const topics = [PIPELINE.topic, PIPELINE.deadLetters];
    for (const namespace of new Set(topics.map((topic) => topic.slice(0, topic.lastIndexOf('/')))))
      await ask('PUT', `namespaces/${namespace}`, { replication_clusters: [name], deduplicationEnabled: true });
    for (const topic of topics) await ask('PUT', `persistent/${topic}`, undefined);
  }
}

/** What orders something from a site's broker. */
function adminOf(
  config: LocalConfig,
  site: number,
  signal: AbortSignal,
): (method: string, path: string, body: unknown) => Promise<void> {
  const root = `http://${addressOf(config, site)}:${config.pulsar.webPort}/admin/v2`;
  return (method, path, body) => order(`${root}/${path}`, method, body, signal);
}

/** A broker that has just started may refuse what it takes a moment later. 409: it knows that already. */
async function order(url: string, method: string, body: unknown, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
    });
    const text = await answer.text();
    if (answer.ok || answer.status === 409) return;
    if (tries === TRIES) throw new PlatformError(`${method} ${url}: HTTP ${answer.status} ${text.slice(0, 200)}`);
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
