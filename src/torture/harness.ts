import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventType } from '../history/event.ts';
import { pause } from '../run/wait.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));
/** In the environment of everything that a tortured harness starts. */
const MARK = 'DRILL_TORTURED';

/** A harness that runs a scenario in a process of its own, as a person starts it; to be killed. */
export class Harness {
  readonly reports: string;
  /** What it printed so far. */
  output = '';
  private readonly wrapped: boolean;
  private readonly mark: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  /** `wrap`: a command that runs it, such as one with a mount of its own. */
  constructor(scenario: string, reports: string, wrap: readonly string[] = []) {
    this.reports = reports;
    this.wrapped = wrap.length > 0;
    this.mark = `${MARK}=${process.pid}-${Math.random().toString(36).slice(2)}`;
    const [name = '', value = ''] = this.mark.split('=');
    const [file = '', ...args] = [...wrap, process.execPath, CLI, 'run', scenario, '--reports', reports];
    this.child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, [name]: value } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk;
      });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve(code));
    });
    this.ended.catch(() => {});
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Its exit code, null when a signal ended it; rejects at the signal. */
  exit(signal: AbortSignal): Promise<number | null> {
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error(`it did not end: ${this.output.slice(-500)}`)), {
        once: true,
      });
    });
    return Promise.race([this.ended, late]);
  }

  /** Its reports as they can be read from here: with a mount of its own, only as long as it lives. */
  view(): string | null {
    if (!this.wrapped) return this.reports;
    const process = this.processes().find(({ command }) => command.includes(`${CLI} run`));
    return process ? `/proc/${process.pid}/root${this.reports}` : null;
  }

  /** The directory of its run; null before there is one. */
  directory(): string | null {
    const reports = this.view();
    if (reports === null || !existsSync(reports)) return null;
    const [scenario = ''] = readdirSync(reports);
    const [run = ''] = scenario ? readdirSync(join(reports, scenario)) : [];
    return run ? join(reports, scenario, run) : null;
  }

  /** Waits until its journal has an event of this type; false when it ended before. */
  async said(type: EventType, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const directory = this.directory();
      const journal = directory === null ? '' : join(directory, 'journal.ndjson');
      if (journal && existsSync(journal) && readFileSync(journal, 'utf8').includes(`"type":"${type}"`)) return true;
      if (this.hasEnded) return false;
      await pause(20, signal);
    }
  }

  /** Processes that it started, or that these started, and that still live. */
  processes(): readonly { readonly pid: number; readonly command: string }[] {
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name)) return [];
      try {
        if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(this.mark)) return [];
        return [
          { pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() },
        ];
      } catch {
        return [];
      }
    });
  }
}
