import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers } from '../../../src/platform/health.ts';
import type { Classes } from '../../../src/platform/local/component-kind.ts';
import { addressOf, type LocalConfig, loadLocalConfig, withComponents } from '../../../src/platform/local/config.ts';
import { fetchClasses } from '../../../src/platform/local/fetch-classes.ts';
import { findJdk } from '../../../src/platform/local/jdk.ts';
import { pulsar } from '../../../src/platform/local/pulsar.ts';

const POLL_MS = 200;
const ANSWER_MS = 10_000;

/** A real Pulsar of one process on loopback, as the local platform starts it; everything that it writes is in its directory. */
export class PulsarStandalone implements AsyncDisposable {
  private readonly config: LocalConfig;
  private readonly directory: string;
  private readonly classes: Classes;
  private readonly java: string;
  private child: ChildProcess | null = null;

  private constructor(config: LocalConfig, directory: string, classes: Classes, java: string) {
    this.config = config;
    this.directory = directory;
    this.classes = classes;
    this.java = java;
  }

  /** `network`: of loopback, such as 127.52.0.0/16. Its cluster is called paris. */
  static async start(network: string, directory: string, signal: AbortSignal): Promise<PulsarStandalone> {
    const jdk = findJdk();
    if (!jdk) throw new Error('no JDK 17: npm run doctor -- --fix');
    const config = {
      ...withComponents(loadLocalConfig(), ['pulsar']),
      sites: [{ name: 'paris', datacenter: 'paris-dc' }],
      network,
    };
    mkdirSync(directory, { recursive: true });
    const fetched = await fetchClasses('pulsar', jdk.home, signal, (line) => process.stderr.write(`${line}\n`));
    const one = new PulsarStandalone(config, directory, { ...fetched, archive: [] }, `${jdk.home}/bin/java`);
    await one.startAgain(signal);
    return one;
  }

  get endpoint(): { readonly host: string; readonly port: number } {
    return { host: addressOf(this.config, 0), port: this.config.pulsar.webPort };
  }

  async startAgain(signal: AbortSignal): Promise<void> {
    const { config, directory, classes } = this;
    const { args } = pulsar.command({ config, site: 0, node: 0, directory }, classes);
    const log = openSync(`${directory}/output.log`, 'a');
    const child = spawn(this.java, args, { cwd: directory, stdio: ['ignore', log, log] });
    this.child = child;
    while (!(await answers('pulsar', this.endpoint, ANSWER_MS))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Pulsar ended: ${this.tail()}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /** SIGSTOP and SIGCONT: it lives, and answers nothing. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  private tail(): string {
    return ['output.log', 'pulsar.log']
      .map((name) => `${this.directory}/${name}`)
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, 'utf8').slice(-2_000))
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
