import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PlatformError } from '../../errors.ts';
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
    const ask = (method: string, path: string, body: unknown): Promise<void> =>
      order(`http://${addressOf(config, site)}:${config.pulsar.webPort}/admin/v2/${path}`, method, body, signal);
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

/** A broker that has just started may refuse what it takes a moment later. 409: it knows that already. */
async function order(url: string, method: string, body: unknown, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]),
    });
    const text = await answer.text();
    if (answer.ok || answer.status === 409) return;
    if (tries === TRIES) throw new PlatformError(`${method} ${url}: HTTP ${answer.status} ${text.slice(0, 200)}`);
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
