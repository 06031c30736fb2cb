import type { Lane, Place } from 'k6/x/drill';
import type { AtSite } from './at-site.ts';
import { graphAt } from './graph-at.ts';
import { ledgerAt } from './ledger-at.ts';

/** The probes' parameters that k6 must know as well (src/probes/security.ts, cql.ts, gremlin-params.ts). */
interface Params {
  readonly consistency?: 'LOCAL_QUORUM';
  readonly traversalSource?: string;
  readonly auth?: { readonly username: string; readonly passwordFile?: string; readonly passwordEnv?: string };
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly servername?: string };
}

/** A store for each site of a lane. For the init context: files are read. */
export function storesOf(lane: Lane): readonly AtSite[] {
  const params = lane.params as Params;
  return lane.places.map((place) => storeOf(lane, place, params));
}

function storeOf({ probe, timeout_us }: Lane, place: Place, params: Params): AtSite {
  const common = { site: place.site, timeoutMs: timeout_us / 1000, ...securityOf(params) };
  if (probe === 'cql') {
    const { datacenter, hosts, port } = place;
    return ledgerAt({ ...common, hosts, port, datacenter, consistency: params.consistency ?? 'LOCAL_QUORUM' });
  }
  if (probe === 'gremlin') {
    const url = `${params.tls ? 'wss' : 'ws'}://${bracketed(place.hosts[0] as string)}:${place.port}/gremlin`;
    return graphAt({ ...common, url, traversalSource: params.traversalSource ?? 'g' });
  }
  throw new Error(`no load can be made with the probe ${probe}`);
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Secrets are named, never given: a file's path, or the name of an environment variable. */
function securityOf({ auth, tls }: Params) {
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : open(path));
  const parts = tls && { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key), serverName: tls.servername };
  return {
    ...(parts && { tls: Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) }),
    ...(auth && { auth: { username: auth.username, password: passwordOf(auth) } }),
  };
}

function passwordOf({ passwordFile, passwordEnv = '' }: NonNullable<Params['auth']>): string {
  if (passwordFile !== undefined) return open(passwordFile).replace(/\r?\n$/, '');
  const value = __ENV[passwordEnv];
  if (!value) throw new Error(`the environment variable ${passwordEnv} (auth.passwordEnv) is empty or not set`);
  return value;
}
