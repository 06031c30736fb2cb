import { auth, Client, type ClientOptions, policies, types } from 'cassandra-driver';
import { messageOf, PlatformError } from '../errors.ts';
import type { Endpoint } from '../platform/platform.ts';
import { refreshOneAtATime } from './cql-control.ts';
import { describeKeeper, KEEPER } from './keeper.ts';
import { describeNames, locate } from './locate.ts';
import type { ProbeContext } from './probe.ts';
import { describeSecurity, loadSecurity } from './security.ts';

/** The only keyspace that this probe writes to. */
export const KEYSPACE = 'drill';

/** For one of the nodes of a site that is otherwise there; a site without any is the keeper's to reach again. */
const RECONNECT_MS = 500;
const HEARTBEAT_MS = 2_000;
/** For the names of a driver's contact points, where nothing is measured. */
const NAME_MS = 2_000;
/** Read timeouts on one connection after which the driver closes it: it answers nothing. */
const DEFUNCT_AFTER = 8;

/** What the driver is set to, as it stands in plan.json. */
export function cqlSettings(context: Omit<ProbeContext, 'run'>): Readonly<Record<string, unknown>> {
  return {
    driver: 'cassandra-driver 4.10.0',
    contactPoints: contactPoints(context.site.endpoints.cassandra ?? []),
    ...describeNames(context.site),
    localDataCenter: context.site.datacenter,
    consistency: String(context.params.consistency),
    readTimeoutMs: context.timeoutUs / 1000,
    ...describeKeeper(),
    reconnectionOfOneNodeMs: RECONNECT_MS,
    heartbeatMs: HEARTBEAT_MS,
    evictedAfterTimeouts: DEFUNCT_AFTER,
    retryPolicy: 'fallthrough: the driver retries nothing',
    speculativeExecution: 'none',
    loadBalancing: 'the site’s datacenter only',
    timestamps: 'server',
    ...describeSecurity(context.params),
  };
}

function contactPoints(endpoints: readonly Endpoint[]): string[] {
  return endpoints.map(({ host, port }) => `${host}:${port}`);
}

/**
 * A connected driver for one site; a PlatformError when it cannot be reached before the signal. `at`: where its nodes are, for who has just
 * resolved their names.
 */
export async function connectCql(
  context: ProbeContext,
  signal: AbortSignal,
  keyspace: string | null,
  at?: readonly Endpoint[],
): Promise<Client> {
  const { tls, auth: login } = loadSecurity(context.params);
  const options: ClientOptions = {
    contactPoints: contactPoints(at ?? (await nodesOf(context))),
    localDataCenter: context.site.datacenter,
    ...(keyspace === null ? {} : { keyspace }),
    queryOptions: {
      consistency: types.consistencies[lower(String(context.params.consistency))],
      isIdempotent: false,
      prepare: true,
    },
    policies: {
      retry: new policies.retry.FallthroughRetryPolicy(),
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(RECONNECT_MS),
      loadBalancing: new policies.loadBalancing.DCAwareRoundRobinPolicy(context.site.datacenter),
      speculativeExecution: new policies.speculativeExecution.NoSpeculativeExecutionPolicy(),
      // Null: the server stamps. One client's clock would hide the skew between sites.
      timestampGeneration: null as never,
    },
    pooling: { heartBeatInterval: HEARTBEAT_MS, coreConnectionsPerHost: { [types.distance.local]: 1 } },
    socketOptions: {
      connectTimeout: KEEPER.greetMs / 2,
      readTimeout: context.timeoutUs / 1000,
      defunctReadTimeoutThreshold: DEFUNCT_AFTER,
      tcpNoDelay: true,
    },
    ...(tls && { sslOptions: { ...tls, rejectUnauthorized: true } }),
    ...(login && { authProvider: new auth.PlainTextAuthProvider(login.username, login.password) }),
  };
  const client = new Client(options);
  refreshOneAtATime(client, RECONNECT_MS);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  try {
    signal.throwIfAborted();
    await Promise.race([client.connect(), aborted]);
    return client;
  } catch (error) {
    client.shutdown().catch(() => {});
    throw new PlatformError(`Cassandra of ${context.site.name} cannot be reached: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function nodesOf({ site }: ProbeContext): Promise<readonly Endpoint[]> {
  try {
    return await locate(site.endpoints.cassandra ?? [], site, NAME_MS);
  } catch (error) {
    throw new PlatformError(`Cassandra of ${site.name} cannot be reached: ${messageOf(error)}`, { cause: error });
  }
}

type ConsistencyName = 'localQuorum' | 'localOne' | 'one' | 'quorum' | 'eachQuorum' | 'all';

function lower(consistency: string): ConsistencyName {
  return consistency.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as ConsistencyName;
}
