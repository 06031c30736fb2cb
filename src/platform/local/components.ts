import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import type { Component, ComponentState } from '../platform.ts';
import { clockEnvironment, setClock } from './clock-file.ts';
import type { Classes, StartCommand } from './component-kind.ts';
import { addressOf, type LocalConfig } from './config.ts';
import { insideSite } from './inside-site.ts';
import { WITHOUT_GRAPH } from './janusgraph.ts';
import { KINDS } from './kinds.ts';
import { portOf } from './places.ts';
import { untilServing } from './serving.ts';

const READY = fileURLToPath(new URL('./ready.ts', import.meta.url));
const MAX_OUTPUT = 20_000_000;
/** How long a process that was told to end may take before it is killed, when it is wanted again. */
const END_MS = 20_000;
/** With several nodes each of the nine tables that its first start makes may cost one: it goes on at a node that has not heard of it yet. */
const ATTEMPTS = 12;

/** Which process of which site it is, and below which directory its own is. */
export interface ComponentPlace {
  readonly config: LocalConfig;
  /** Its number. */
  readonly site: number;
  readonly component: Component;
  readonly node: number;
  readonly directory: string;
}

/** One database process of the platform: started, observed, ended; never restarted by itself. */
export class ManagedComponent {
  readonly site: string;
  readonly component: Component;
  readonly node: number;
  readonly address: string;
  readonly port: number;
  private readonly command: StartCommand;
  private readonly program: string;
  private readonly clock: Readonly<Record<string, string>> = {};
  private readonly onEvent: (type: string, what: string) => void;
  private readonly onLaunch: (id: string, pid: number) => void;
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private ready = false;
  private ending = false;
  /** Of the process that ended last; null when a signal ended it. */
  private exitCode: number | null = null;
  private starting: Promise<void> | null = null;

  constructor(
    place: ComponentPlace & {
      /** Null: it has the machine's clock. */
      readonly clockLibrary: string | null;
    },
    classes: Classes,
    java: string,
    onEvent: (type: string, what: string) => void,
    onLaunch: (id: string, pid: number) => void = () => {},
  ) {
    const { config, site, component, node } = place;
    this.site = config.sites[site]?.name as string;
    this.component = component;
    this.node = node;
    this.address = addressOf(config, site, node);
    this.port = portOf(config, component);
    const directory = join(place.directory, this.id);
    this.command = KINDS[component].command({ config, site, node, directory }, classes);
    this.program = this.command.program ?? (KINDS[component].runtime === 'java' ? java : process.execPath);
    if (place.clockLibrary !== null) {
      this.clock = clockEnvironment(place.clockLibrary, this.command.directory);
      setClock(this.command.directory, 0);
    }
    this.onEvent = onEvent;
    this.onLaunch = onLaunch;
  }

  /** Of its directory. */
  get id(): string {
    return `${this.site}-${this.component}-${this.node}`;
  }

  get directory(): string {
    return this.command.directory;
  }

  /** It was told to end, and its process is still there. */
  get isEnding(): boolean {
    return this.ending;
  }

  get name(): string {
    return `${this.site} ${this.component}/${this.node}`;
  }

  state(): ComponentState {
    const { site, component, node } = this;
    const pid = this.child?.pid ?? null;
    if (pid === null) return { site, component, node, state: 'stopped', pid };
    const { paused, cpuUs } = processStat(pid);
    if (paused) return { site, component, node, state: 'paused', pid, cpuUs };
    // One that was told to end serves no more, long before its process is gone.
    return { site, component, node, state: this.ready && !this.ending ? 'ready' : 'running', pid, cpuUs };
  }

  /** The logs that are there: what it printed, and what it keeps itself, older parts first. */
  logs(): readonly string[] {
    const logs = [...new Set([this.output, this.command.log])];
    return logs.flatMap((log) => [`${log}.1`, log]).filter((log) => existsSync(log));
  }

  private get output(): string {
    return join(this.command.directory, 'output.log');
  }

  /** Puts what it printed aside when it is too much; it goes on at the beginning of the same file. */
  rotateOutput(): void {
    if (!existsSync(this.output) || statSync(this.output).size < MAX_OUTPUT) return;
    copyFileSync(this.output, `${this.output}.1`);
    truncateSync(this.output);
  }

  /**
   * Starts it when it does not run, lets it run where it is paused, and resolves once it serves; rejects when it ends before, or at the signal. `from`: where it is looked at
   * from. Inside its site no fault is in the way; outside it costs less.
   */
  start(signal: AbortSignal, from: 'inside' | 'outside'): Promise<void> {
    this.resume();
    this.starting ??= this.startNow(signal, from).finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  private async startNow(signal: AbortSignal, from: 'inside' | 'outside'): Promise<void> {
    // One that hangs in its shutdown (its store is gone, say) would never come back otherwise.
    if (this.ending) await this.stop(END_MS);
    for (let attempt = 1; !this.ready; attempt += 1) {
      if (!this.child) this.launch();
      try {
        await this.serves(signal, from);
        this.ready = true;
        this.onEvent('component-ready', this.name);
      } catch (error) {
        if (this.child || this.exitCode !== WITHOUT_GRAPH || attempt === ATTEMPTS) throw error;
        this.onEvent('component-retried', `${this.name} could not open its graph`);
      }
    }
  }

  /** Resolves when the process that runs serves; rejects when it ends before, or at the signal. */
  private async serves(signal: AbortSignal, from: 'inside' | 'outside'): Promise<void> {
    const over = new AbortController();
    const served =
      from === 'inside'
        ? this.servesInside(over.signal)
        : untilServing(this.component, this.address, this.port, over.signal);
    const died = this.exited.then(() => {
      throw new PlatformError(`${this.name} ended while it started: ${this.lastWords()}`, {
        hint: `read ${this.logs().join(' and ')}`,
      });
    });
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new PlatformError(`${this.name}: not ready in time`)), {
        once: true,
      });
    });
    for (const one of [served, died, late]) one.catch(() => {});
    try {
      await Promise.race([served, died, late]);
    } finally {
      over.abort();
    }
  }

  private servesInside(signal: AbortSignal): Promise<void> {
    const look = [process.execPath, READY, this.component, this.address, String(this.port)];
    const [file, ...args] = insideSite(this.site);
    const waiter = spawn(file, [...args, ...look], {
      stdio: ['ignore', 'ignore', 'inherit'],
      signal,
      killSignal: 'SIGKILL',
    });
    return new Promise((resolve, reject) => {
      waiter.once('error', reject);
      waiter.once('exit', (code) => (code === 0 ? resolve() : reject(new PlatformError(`${this.name}: not ready`))));
    });
  }

  private launch(): void {
    const log = openSync(this.output, 'a');
    const [file, ...args] = insideSite(this.site);
    const child = spawn(file, [...args, this.program, ...this.command.args], {
      cwd: this.command.directory,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', ...this.clock },
    });
    closeSync(log);
    if (child.pid !== undefined) this.onLaunch(this.id, child.pid);
    this.child = child;
    this.ready = false;
    this.ending = false;
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.child !== child) return;
        // One that starts without its graph is started again.
        const expected = this.ending || (this.starting !== null && this.exitCode === WITHOUT_GRAPH);
        this.child = null;
        this.ready = false;
        this.ending = false;
        this.onEvent(expected ? 'component-ended' : 'component-died', `${this.name}: ${how}`);
        resolve();
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, killer) => {
        this.exitCode = code;
        end(killer ?? `exit code ${code}`);
      });
    });
  }

  /** Sends the signal, if there is a process. */
  end(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.child) return;
    this.ending = true;
    this.child.kill(signal);
  }

  /** It lives, and does nothing more until it is resumed, started or killed. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  /** Harmless to one that runs. */
  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Ends it in order, and kills it after `withinMs`; 0: kills it at once. Resolves when its process is gone. */
  async stop(withinMs: number): Promise<void> {
    this.end(withinMs === 0 ? 'SIGKILL' : 'SIGTERM');
    const timer = setTimeout(() => this.end('SIGKILL'), withinMs);
    await this.exited;
    clearTimeout(timer);
  }

  private lastWords(): string {
    const lines = existsSync(this.output) ? readFileSync(this.output, 'utf8').trim().split('\n').slice(-3) : [];
    return lines.join(' | ') || 'it printed nothing';
  }
}

/** Of a clock tick, in which the kernel tells of processor time (USER_HZ). */
const TICK_US = 10_000;

/** What /proc/PID/stat says after the program's name in parentheses, which may hold anything: T is stopped by a signal (proc(5)). */
function processStat(pid: number): { paused: boolean; cpuUs: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { paused: fields[0] === 'T', cpuUs: (Number(fields[11]) + Number(fields[12])) * TICK_US };
  } catch {
    return { paused: false, cpuUs: 0 };
  }
}
