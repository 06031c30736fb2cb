import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { cassandraCommand } from '../../../src/platform/local/cassandra.ts';
import { resolveClassPath } from '../../../src/platform/local/class-path.ts';
import type { StartCommand } from '../../../src/platform/local/component-kind.ts';
import { type LocalConfig, loadLocalConfig } from '../../../src/platform/local/config.ts';
import { janusgraphCommand } from '../../../src/platform/local/janusgraph.ts';
import { findJdk } from '../../../src/platform/local/jdk.ts';

/** Of the keystore, which holds a key made for one test and nothing else. */
const STORE_PASSWORD = 'only-for-this-test';

/** Cassandra's own first user. */
export const CQL_LOGIN = { username: 'cassandra', password: 'cassandra' } as const;
export const GRAPH_LOGIN = { username: 'alice', password: 'graph-secret' } as const;
/** BCrypt of that password. */
const GRAPH_HASH = '$2a$04$abcdefghijklmnopqrstuugzmeQ1j0Rjl6mDyXNF0eBxrJvfsRUvi';

export interface SecureServers extends AsyncDisposable {
  readonly config: LocalConfig;
  /** The certificate with which both servers are to be verified. */
  readonly ca: string;
  startGraph(): void;
  /** Throws with what they said when one has ended. */
  mustLive(): void;
  /** What they said, for a test that fails. */
  logs(): string;
}

/** A real Cassandra and a real JanusGraph on loopback, both with TLS and login only. The latter is for `startGraph`, once the former serves. */
export async function startSecureServers(directory: string, signal: AbortSignal): Promise<SecureServers> {
  const jdk = findJdk();
  if (!jdk) throw new Error('no JDK 17: npm run doctor -- --fix');
  const config: LocalConfig = {
    ...loadLocalConfig(),
    sites: [{ name: 'paris', datacenter: 'paris-dc' }],
    network: '127.41.0.0/16',
  };
  const classes = (component: 'cassandra' | 'janusgraph'): Promise<readonly string[]> =>
    resolveClassPath(component, jdk.home, signal, () => {});
  const { store, trust, ca } = makeCertificate(jdk.home, directory, '127.41.1.10');
  const cassandra = cassandraCommand(
    { config, site: 0, node: 0, directory: join(directory, 'cassandra') },
    { jars: await classes('cassandra'), archive: [], home: null },
  );
  edit(join(cassandra.directory, 'cassandra.yaml'), {
    authenticator: 'PasswordAuthenticator',
    client_encryption_options: {
      ...{ enabled: true, optional: false, require_client_auth: false },
      ...{ keystore: store, keystore_password: STORE_PASSWORD, store_type: 'PKCS12' },
    },
  });
  const janusgraph = janusgraphCommand(config, 0, join(directory, 'janusgraph'), await classes('janusgraph'), []);
  const graph = (name: string): string => join(janusgraph.directory, name);
  appendFileSync(
    graph('graph.properties'),
    [
      `storage.username=${CQL_LOGIN.username}`,
      `storage.password=${CQL_LOGIN.password}`,
      'storage.cql.ssl.enabled=true',
      `storage.cql.ssl.truststore.location=${trust}`,
      `storage.cql.ssl.truststore.password=${STORE_PASSWORD}`,
    ].join('\n'),
  );
  writeFileSync(graph('users.json'), user(GRAPH_LOGIN.username, GRAPH_HASH));
  writeFileSync(
    graph('users.properties'),
    [
      'gremlin.graph=org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph',
      'gremlin.tinkergraph.vertexIdManager=LONG',
      `gremlin.tinkergraph.graphLocation=${graph('users.json')}`,
      'gremlin.tinkergraph.graphFormat=graphson',
    ].join('\n'),
  );
  edit(graph('server.yaml'), {
    ssl: { enabled: true, keyStore: store, keyStorePassword: STORE_PASSWORD, keyStoreType: 'PKCS12' },
    authentication: {
      authenticator: 'org.apache.tinkerpop.gremlin.server.auth.SimpleAuthenticator',
      config: { credentialsDb: graph('users.properties') },
    },
  });
  const running = [start(jdk.home, cassandra)];
  const logs = (): string =>
    [cassandra, janusgraph].map(({ directory: one }) => tail(join(one, 'said.log'))).join('\n');
  return {
    config,
    ca,
    startGraph: () => void running.push(start(jdk.home, janusgraph)),
    mustLive() {
      if (running.some(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) throw new Error(logs());
    },
    logs,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        running.map((child) => {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          if (child.exitCode !== null || child.signalCode !== null) return null;
          child.kill('SIGKILL');
          return ended;
        }),
      );
    },
  };
}

function makeCertificate(
  home: string,
  directory: string,
  address: string,
): { store: string; trust: string; ca: string } {
  const keytool = join(home, 'bin/keytool');
  const store = join(directory, 'keystore.p12');
  const ca = join(directory, 'ca.pem');
  const common = ['-alias', 'drill', '-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD];
  const name = ['-dname', 'CN=drill', '-ext', `san=ip:${address}`, '-ext', 'bc:c=ca:true'];
  execFileSync(keytool, ['-genkeypair', ...common, '-keyalg', 'EC', '-validity', '2', ...name], { stdio: 'pipe' });
  execFileSync(keytool, ['-exportcert', ...common, '-rfc', '-file', ca], { stdio: 'pipe' });
  const trust = join(directory, 'truststore.p12');
  execFileSync(keytool, ['-importcert', '-noprompt', ...common.with(3, trust), '-file', ca], { stdio: 'pipe' });
  return { store, trust, ca };
}

/** One line of GraphSON: a user as the server's credentials graph holds one. */
function user(username: string, hash: string): string {
  const long = (value: number): object => ({ '@type': 'g:Int64', '@value': value });
  return JSON.stringify({
    id: long(0),
    label: 'user',
    properties: { username: [{ id: long(1), value: username }], password: [{ id: long(2), value: hash }] },
  });
}

function edit(file: string, more: Readonly<Record<string, unknown>>): void {
  writeFileSync(file, stringify({ ...parse(readFileSync(file, 'utf8')), ...more }));
}

function start(home: string, { directory, args }: StartCommand): ChildProcess {
  const said = openSync(join(directory, 'said.log'), 'w');
  // Its first user is made at once, not when nobody else starts any more.
  const ours = args.map((arg) => arg.replace(/(superuser_setup_delay_ms)=\d+/, '$1=0'));
  return spawn(join(home, 'bin/java'), ours, { cwd: directory, stdio: ['ignore', said, said] });
}

function tail(file: string): string {
  if (!existsSync(file)) return `${file}: none`;
  return `${file}:\n${readFileSync(file, 'utf8').split('\n').slice(-40).join('\n')}`;
}
