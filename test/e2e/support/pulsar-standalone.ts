import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJdk } from '../../../src/platform/local/jdk.ts';
import { type PulsarSettings, pulsarCommand } from '../../../src/platform/local/pulsar.ts';
import { resolvePulsar } from '../../../src/platform/local/pulsar-distribution.ts';

const POLL_MS = 200;

/** A real Pulsar of one process on loopback; everything that it writes is in its directory. */
export class PulsarStandalone implements AsyncDisposable {
  readonly settings: PulsarSettings;
  private readonly directory: string;
  private readonly home: string;
  private readonly java: string;
  private child: ChildProcess | null = null;

  private constructor(settings: PulsarSettings, directory: string, home: string, java: string) {
    this.settings = settings;
    this.directory = directory;
    this.home = home;
    this.java = java;
  }

  static async start(settings: PulsarSettings, directory: string, signal: AbortSignal): Promise<PulsarStandalone> {
    const jdk = findJdk();
    if (!jdk) throw new Error('no JDK 17: npm run doctor -- --fix');
    mkdirSync(directory, { recursive: true });
    const home = await resolvePulsar(jdk.home, signal, (line) => process.stderr.write(`${line}\n`));
    const one = new PulsarStandalone(settings, directory, home, `${jdk.home}/bin/java`);
    await one.startAgain(signal);
    return one;
  }

  get endpoint(): { readonly host: string; readonly port: number } {
    return { host: this.settings.address, port: this.settings.webPort };
  }

  get url(): string {
    return `http://${this.settings.address}:${this.settings.webPort}/admin/v2`;
  }

  async startAgain(signal: AbortSignal): Promise<void> {
    const { args } = pulsarCommand(this.settings, this.home, this.directory, ['-XX:TieredStopAtLevel=1']);
    const log = openSync(`${this.directory}/output.log`, 'a');
    const child = spawn(this.java, args, { cwd: this.directory, stdio: ['ignore', log, log] });
    this.child = child;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`Pulsar ended: ${this.tail()}`);
      signal.throwIfAborted();
      const ready = await fetch(`${this.url}/brokers/health`, { signal: AbortSignal.timeout(5_000) }).then(
        async (answer) => answer.status === 200 && (await answer.text()).includes('ok'),
        () => false,
      );
      if (ready) return;
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
