/** The reader: one job after the other for the runner, apart from every scheduler. See `reader-protocol.ts`. */
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { CENSUS_HEADER, formatCensusRow } from '../history/census.ts';
import type { ReadBackState } from '../history/operation.ts';
import { formatReadBackRow } from '../history/read-back-csv.ts';
import { batches, inTurns } from '../probes/batches.ts';
import type { ExpectedWrite, ProbeClient, ProbeContext, ProbeType } from '../probes/probe.ts';
import { probeType } from '../probes/registry.ts';
import { exitWithStdin, writeAll } from './pipes.ts';
import type {
  ReaderAnswer,
  ReaderConfig,
  ReaderJob,
  ReaderRequest,
  ReaderResult,
  ReaderTarget,
  Unasked,
} from './reader-protocol.ts';

/** Keys asked for at a time: small enough for an even rate. */
const BATCH = 100;
const CONNECT_MS = 15_000;
const JOB_MS = 120_000;
const CENSUS_MS = 300_000;
/** Between two passes over what could not be read. */
const RETRY_MS = 1_000;

/** Serves jobs until its standard input ends. */
export async function runReader(probes: ReadonlyMap<string, ProbeType>): Promise<void> {
  // Ctrl-C reaches the whole group; the runner decides what becomes of it.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  exitWithStdin();
  const lines = createInterface({ input: process.stdin });
  let jobs: Jobs | null = null;
  for await (const line of lines) {
    if (!jobs) {
      jobs = new Jobs(probes, JSON.parse(line) as ReaderConfig);
      continue;
    }
    const { id, job } = JSON.parse(line) as ReaderRequest;
    const answer: ReaderAnswer = await jobs.run(job).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, error: messageOf(error) }),
    );
    writeAll(3, `${JSON.stringify(answer)}\n`);
  }
}

class Jobs {
  private readonly probes: ReadonlyMap<string, ProbeType>;
  private readonly config: ReaderConfig;

  constructor(probes: ReadonlyMap<string, ProbeType>, config: ReaderConfig) {
    this.probes = probes;
    this.config = config;
  }

  async run(job: ReaderJob): Promise<ReaderResult> {
    switch (job.type) {
      case 'prepare':
        return this.prepare(job.targets);
      case 'read-back':
        return this.readBack(job);
      case 'remove':
        await this.type(job.target).remove(this.context(job.target), job.writes, AbortSignal.timeout(JOB_MS));
        return {};
      case 'cleanup':
        return this.cleanup(job);
      case 'census':
        return this.census(job);
      case 'pending-hints':
        return this.pendingHints(job.target);
      case 'served':
        return this.served(job);
    }
  }

  private type(target: ReaderTarget): ProbeType {
    return probeType(this.probes, target.probe);
  }

  private context({ site, timeoutUs, params }: ReaderTarget): ProbeContext {
    return { run: this.config.run, site, timeoutUs, params };
  }

  private async prepare(targets: readonly ReaderTarget[]): Promise<ReaderResult> {
    // A probe prepares all sites at once, for one set of parameters.
    for (const alike of Map.groupBy(targets, ({ probe, params }) => `${probe} ${JSON.stringify(params)}`).values()) {
      const [{ probe }] = alike as [ReaderTarget];
      const contexts = alike.map((target) => this.context(target));
      await probeType(this.probes, probe).prepare(contexts, AbortSignal.timeout(JOB_MS));
    }
    return {};
  }

  private async served(job: Extract<ReaderJob, { type: 'served' }>): Promise<ReaderResult> {
    const { target } = job;
    try {
      await using client = await this.type(target).connect(this.context(target), AbortSignal.timeout(CONNECT_MS));
      const write = await client.invoke({ f: 'write', ...job.write }, AbortSignal.timeout(CONNECT_MS));
      const read = await client.invoke({ f: 'read', ...job.write }, AbortSignal.timeout(CONNECT_MS));
      const said = `write ${write.outcome} ${write.error}`.trim().concat(`, read ${read.outcome} ${read.error}`).trim();
      return { served: write.outcome === 'ok' && read.outcome === 'ok', detail: said };
    } catch (error) {
      return { served: false, detail: messageOf(error) };
    }
  }

  private async cleanup({ targets, writes, mayScan }: Extract<ReaderJob, { type: 'cleanup' }>): Promise<ReaderResult> {
    const [first] = targets;
    if (!first) return { left: 0 };
    const contexts = targets.map((target) => this.context(target));
    return this.type(first).cleanup(contexts, writes, AbortSignal.timeout(10 * JOB_MS), mayScan);
  }

  private async census({ target, stage, path }: Extract<ReaderJob, { type: 'census' }>): Promise<ReaderResult> {
    const take = this.type(target).census;
    if (!take) throw new Error(`the probe ${target.probe} looks nothing over`);
    const entries = await take(this.context(target), AbortSignal.timeout(CENSUS_MS));
    const site = target.site.name;
    await using file = await open(path, 'a');
    if ((await file.stat()).size === 0) await file.appendFile(CENSUS_HEADER);
    await file.appendFile(entries.map((entry) => formatCensusRow({ stage, site, ...entry })).join(''));
    await file.sync();
    return { rows: entries.length };
  }

  private async pendingHints(target: ReaderTarget): Promise<ReaderResult> {
    const ask = this.type(target).pendingHints;
    if (!ask) throw new Error(`the probe ${target.probe} knows nothing of hints`);
    return { hints: await ask(this.context(target), AbortSignal.timeout(CONNECT_MS)) };
  }

  private async readBack(job: ReadBackJob): Promise<ReaderResult> {
    const signal = AbortSignal.timeout(job.withinMs);
    const open = new Map(job.writes.map((write) => [write.key, write]));
    const progress: Progress = { open, asked: new Set(open.keys()), unasked: new Map(), counts: {} };
    let client: ProbeClient | null = null;
    for (let attempt = 1; open.size > 0 && attempt <= job.attempts && !signal.aborted; attempt += 1) {
      try {
        client ??= await this.type(job.target).connect(this.context(job.target), signal);
        await this.readOnce(client, job, progress, attempt === job.attempts, signal);
      } catch (error) {
        process.stderr.write(`read-back of ${job.target.probe} in ${job.target.site.name}: ${messageOf(error)}\n`);
      }
      if (open.size > 0 && attempt < job.attempts) {
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
    await client?.[Symbol.asyncDispose]();
    return { counts: progress.counts, complete: open.size === 0, unasked: [...progress.unasked.values()] };
  }

  /**
   * One pass over what is open: at most two thirds of the time at work, so that it does not become the load that is measured; where nothing is, several
   * batches at a time. What is unreadable stays open, but for the last pass, where it is a row.
   */
  private async readOnce(
    client: ProbeClient,
    job: ReadBackJob,
    progress: Progress,
    last: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    // In order, so that neighbours are read together and no stretch twice.
    const writes = [...progress.open.values()].sort((a, b) => a.seq - b.seq);
    const atOnce = job.alone ? (this.type(job.target).readsAtOnce ?? 1) : 1;
    const began = performance.now();
    let begun = 0;
    await inTurns(batches(writes, BATCH), atOnce, signal, async (batch) => {
      begun += batch.length;
      const dueMs = began + (begun / job.rate) * 1000;
      const batchBegan = performance.now();
      await this.readBatch(client, job, batch, { ...progress, last }, signal);
      const now = performance.now();
      await sleep(Math.max(job.alone ? 0 : (now - batchBegan) / 2, dueMs - now), undefined, { signal }).catch(() => {});
    });
  }

  private async readBatch(
    client: ProbeClient,
    job: ReadBackJob,
    batch: readonly ExpectedWrite[],
    { open, asked, unasked, counts, last }: Progress & { readonly last: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const clock = monotonicClock(BigInt(this.config.originNs));
    for await (const { key, state, valueSha } of client.readBack(batch, signal)) {
      const readUs = clock.nowUs();
      if (!asked.has(key)) unasked.set(key, { key, valueSha, readUs });
      if (!open.has(key) || (state === 'unreadable' && !last)) continue;
      const { stage, fault, target } = job;
      const { probe, site } = target;
      writeAll(1, formatReadBackRow({ stage, fault, site: site.name, probe, key, state, valueSha, readUs }));
      open.delete(key);
      counts[state] = (counts[state] ?? 0) + 1;
    }
  }
}

type ReadBackJob = Extract<ReaderJob, { type: 'read-back' }>;

interface Progress {
  /** What has no final row yet: one that has is never asked for again, whatever breaks. */
  readonly open: Map<string, ExpectedWrite>;
  readonly asked: ReadonlySet<string>;
  readonly unasked: Map<string, Unasked>;
  readonly counts: Partial<Record<ReadBackState, number>>;
}
