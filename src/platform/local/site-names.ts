import { execFile } from 'node:child_process';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PlatformError } from '../../errors.ts';
import { answerFor } from '../ask-name.ts';
import { type AskedName, type NameServerState, OUTSIDE_PEER } from '../platform.ts';
import { Asker } from './asker.ts';
import type { LocalConfig } from './config.ts';
import { NameServer } from './name-server.ts';
import { nameServerOf, namesOf } from './names.ts';

const run = promisify(execFile);
const PORT = 53;
/** How long an answer may take on a machine that is busy; where none is expected, there is no use in waiting so long. */
const PATIENCE_MS = 2_000;
const SILENCE_MS = 400;
const RESOLV_CONF = '/etc/resolv.conf';

/** The names of the platform's services: who answers for them, and whether they are known where they are needed. */
export class SiteNames {
  readonly server: NameServer;
  private readonly config: LocalConfig;
  private readonly address: string;
  private readonly askers = new Map<string, Asker>();

  constructor(config: LocalConfig) {
    this.config = config;
    this.server = new NameServer(config);
    this.address = nameServerOf(config);
  }

  /** Answers, and is the one that everything in the supervisor's mounts asks. Its address is made on the bridge. */
  async start(onProblem: (problem: unknown) => void): Promise<void> {
    try {
      await run('ip', ['addr', 'add', `${this.address}/16`, 'dev', 'bridge0']);
      await this.server.listen(this.address, PORT, onProblem);
      await useNameServer(this.address);
    } catch (error) {
      throw new PlatformError(`the platform's name server cannot be set up: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Asks for each name of a site from outside, and from inside the site. */
  async observe(site: string): Promise<NameServerState> {
    const index = this.config.sites.findIndex(({ name }) => name === site);
    if (index < 0) throw new PlatformError(`no site ${site}`);
    const ms = this.server.state(site).failing === 'silence' ? SILENCE_MS : PATIENCE_MS;
    const asked = await Promise.all(
      [OUTSIDE_PEER, site].flatMap((from) =>
        [...namesOf(this.config, index)].map(async ([name, address]): Promise<AskedName> => {
          const answer = await (from === OUTSIDE_PEER ? answerFor(name, this.address, ms) : this.askIn(site, name, ms));
          return { from, name, answer, right: answer === address };
        }),
      ),
    );
    return { ...this.server.state(site), asked };
  }

  private askIn(site: string, name: string, ms: number): Promise<string> {
    const asker = this.askers.get(site) ?? new Asker(['nsenter', `--net=/run/netns/${site}`]);
    this.askers.set(site, asker);
    return asker.ask({ name, server: this.address, ms });
  }
}

/** Puts a resolv.conf of ours over the machine's, for every process that sees the supervisor's mounts. */
async function useNameServer(address: string): Promise<void> {
  const text = `nameserver ${address}\n`;
  const file = behind(RESOLV_CONF);
  // The platform has a /run of its own: what a link there points to is not there, and is ours to make.
  if (file.startsWith('/run/')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  writeFileSync('/run/resolv.conf', text);
  await run('mount', ['--bind', '/run/resolv.conf', file]);
}

function behind(path: string): string {
  try {
    return behind(resolve(dirname(path), readlinkSync(path)));
  } catch {
    return path;
  }
}
