import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiConfig } from '../../../clusters/local/api/config.ts';
import type { ComponentKind, Placed, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';

const MAIN = fileURLToPath(new URL('../../../clusters/local/api/main.ts', import.meta.url));
const MINUTE_MS = 60_000;
/** Less than its clients wait: they are told what became of their request. */
const GRAPH_TIMEOUT_MS = 4_000;
/** The environment variable in which scenarios expect the password of its clients. */
export const API_PASSWORD = 'DRILL_API_PASSWORD';
/** Who looks whether its clients may sign in, and uses up no quota of theirs. */
export const OBSERVER = 'observer';

/** The Analytics API of a site. No image of the platform's own is to be had here: this one is ours, in front of the real graph. */
export const api: ComponentKind = {
  component: 'api',
  runtime: 'node',
  version: '1.0.0',
  heap: (config) => config.api.heap,
  modules: [],
  command: (placed) => apiCommand(placed),
};

function apiCommand({ config, site, node, directory }: Placed): StartCommand {
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  const settings: ApiConfig = {
    host: addressOf(config, site, node),
    port: config.api.port,
    graph: { host: addressOf(config, site), port: config.janusgraph.port },
    graphTimeoutMs: GRAPH_TIMEOUT_MS,
    accountsFile: accountsFile(directory),
    limit: { requests: config.api.requestsPerMinute, windowMs: MINUTE_MS },
  };
  writeFileSync(at('config.json'), JSON.stringify(settings));
  writeAccounts(directory, config, apiPassword(dirname(directory)));
  const heapMb = Number.parseInt(config.api.heap, 10);
  return { directory, log: at('output.log'), args: [`--max-old-space-size=${heapMb}`, MAIN, at('config.json')] };
}

/** Its clients: `drill-1` and so on. */
export function apiClients({ api }: Pick<LocalConfig, 'api'>): readonly string[] {
  return Array.from({ length: api.clients }, (_, n) => `drill-${n + 1}`);
}

/** Whom it lets in from now on: everybody that it has, with this password. It reads the file again when it changes. */
export function writeAccounts(directory: string, config: Pick<LocalConfig, 'api'>, password: string): void {
  const digest = createHash('sha256').update(password).digest('hex');
  const names = [...apiClients(config), OBSERVER];
  const file = accountsFile(directory);
  // Never half a file.
  writeFileSync(`${file}.new`, JSON.stringify(Object.fromEntries(names.map((name) => [name, digest]))));
  renameSync(`${file}.new`, file);
}

function accountsFile(directory: string): string {
  return join(directory, 'accounts.json');
}

/** The password of every client on this platform, made when it is first asked for. `directory`: of the platform's data, which is the user's alone. */
export function apiPassword(directory: string): string {
  const file = join(directory, 'api-password');
  try {
    writeFileSync(file, randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(file, 'utf8');
}
