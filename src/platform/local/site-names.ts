import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, PlatformError } from '../../errors.ts';
import { answerFor } from '../ask-name.ts';
import type { AskedName, NameFailure, NameServerState } from '../names.ts';
import { OUTSIDE_PEER } from '../platform.ts';
import { Asker } from './asker.ts';
import { command } from './command.ts';
import { type LocalConfig, siteNumber } from './config.ts';
import type { LastingEffect } from './effects.ts';
import { insideSite } from './inside-site.ts';
import { NameServer } from './name-server.ts';
import { nameServerOf, namesOf } from './names.ts';
import type { UndoGuard } from './register.ts';

const PORT = 53;
/** How long an answer may take on a machine that is busy; where none is expected, there is no use in waiting so long. */
const PATIENCE_MS = 2_000;
const SILENCE_MS = 400;
const RESOLV_CONF = '/etc/resolv.conf';

/** The names of the platform's services: who answers for them, and whether they are known where they are needed. */
export class SiteNames implements LastingEffect {
  private readonly server: NameServer;
  private readonly guard: UndoGuard;
  private readonly config: LocalConfig;
  private readonly address: string;
  private readonly askers = new Map<string, Asker>();

  constructor(config: LocalConfig, guard: UndoGuard) {
    this.config = config;
    this.guard = guard;
    this.server = new NameServer(config);
    this.address = nameServerOf(config);
  }

  /** Answers, and is the one that everything in the supervisor's mounts asks. Its address is made on the bridge. */
  async start(onProblem: (problem: unknown) => void): Promise<void> {
    try {
      await command(['ip', 'addr', 'add', `${this.address}/16`, 'dev', 'bridge0']);
      await this.server.listen(this.address, PORT, onProblem);
      await useNameServer(this.address);
    } catch (error) {
      throw new PlatformError(`the platform's name server cannot be set up: ${messageOf(error)}`, { cause: error });
    }
  }

  fail(id: string, site: string, how: NameFailure): Promise<void> {
    return this.guard.under({ kind: 'names', params: { id } }, () => this.server.fail(id, site, how));
  }

  inForce(): readonly string[] {
    return this.server.inForce();
  }

  undo(id: string): void {
    this.server.mend(id);
  }

  /** Asks for each name of a site from outside, and from inside the site. */
  async observe(site: string): Promise<NameServerState> {
    const index = siteNumber(this.config, site);
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
    const asker = this.askers.get(site) ?? new Asker(insideSite(site));
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
  await command(['mount', '--bind', '/run/resolv.conf', file]);
}

function behind(path: string): string {
  try {
    return behind(resolve(dirname(path), readlinkSync(path)));
  } catch {
    return path;
  }
}
