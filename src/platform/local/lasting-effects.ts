import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryState, QueryWork } from '../lasting.ts';
import type { Component, ProcessTarget, Undo } from '../platform.ts';
import { CompactionLag } from './compaction.ts';
import type { ManagedComponent } from './components.ts';
import type { LocalConfig } from './config.ts';
import type { MemoryGroups } from './memory-groups.ts';
import { RunawayQueries } from './runaway.ts';

/** A JVM that asks for little. */
const NODETOOL_MS = 60_000;
const GONE_MS = 3_000;

/** What the supervisor lends to what lasts. */
export interface Surroundings {
  readonly config: LocalConfig;
  readonly of: (component: Component, site?: string) => readonly ManagedComponent[];
  readonly targets: (target: ProcessTarget) => readonly ManagedComponent[];
  readonly nodetool: (site: string, args: readonly string[], timeoutMs: number) => Promise<string>;
  /** Does something whose undo must be recorded, and is done at once if it is no longer so afterwards. */
  readonly underUndo: (undo: LastingUndo, work: () => Promise<void> | void) => Promise<void>;
  /** Null: processes have no memory groups here. */
  readonly memory: MemoryGroups | null;
  readonly onProblem: (problem: unknown) => void;
}

export type LastingUndo = Extract<Undo, { kind: 'queries' | 'compaction' | 'memory' }>;

/** What goes on at the databases until it is undone, other than ends and packets: queries that never end, lag of compaction, limits of memory. */
export class LastingEffects {
  private readonly around: Surroundings;
  private readonly queries = new RunawayQueries((site) => ['nsenter', `--net=/run/netns/${site}`]);
  private readonly compaction: CompactionLag;
  /** Limits of memory by the id of their fault. */
  private readonly limits = new Map<string, ProcessTarget>();

  constructor(around: Surroundings) {
    this.around = around;
    this.compaction = new CompactionLag(around.onProblem);
  }

  async undo(undo: LastingUndo): Promise<void> {
    if (undo.kind === 'queries') return this.queries.end(undo.params.id);
    if (undo.kind === 'compaction') return this.compaction.end(undo.params.id);
    this.lift(undo.params);
  }

  /** Of the supervisor's connection. */
  readonly methods = {
    beginQueries: ({ id, ...what }: { id: string; site: string; parallel: number; work: QueryWork }) =>
      this.around.underUndo({ kind: 'queries', params: { id } }, () => this.begin(id, what)),
    queries: () => this.queries.list(),
    queriesInForce: () => this.queries.list().map(({ id }) => id),
    endQueries: ({ id }: { id: string }) => this.queries.end(id),
    holdCompaction: ({ id, site, flushEveryMs }: { id: string; site: string; flushEveryMs: number }) =>
      this.around.underUndo({ kind: 'compaction', params: { id, site } }, () => this.hold(id, site, flushEveryMs)),
    compaction: () => this.compaction.list(),
    compactionInForce: () => this.compaction.held(),
    endCompaction: ({ id }: { id: string }) => this.compaction.end(id),
    limitMemory: ({ id, share, ...target }: ProcessTarget & { id: string; share: number }) =>
      this.around.underUndo({ kind: 'memory', params: target }, async () => {
        this.limits.set(id, target);
        for (const one of this.around.targets(target)) await this.around.memory?.limit(one.id, share);
      }),
    memory: (): readonly MemoryState[] => {
      const { memory, of } = this.around;
      const all = [...of('cassandra'), ...of('janusgraph')];
      return memory ? all.map(({ id, site, component, node }) => ({ site, component, node, ...memory.state(id) })) : [];
    },
    memoryInForce: () => [...this.limits.keys()],
    liftMemory: ({ id }: { id: string }) => {
      const target = this.limits.get(id);
      if (target) this.lift(target);
    },
  };

  /** Removes the memory groups, once the processes are gone that have been told to go. */
  async close(components: readonly ManagedComponent[]): Promise<void> {
    const { memory, onProblem } = this.around;
    if (!memory) return;
    await Promise.race([Promise.all(components.map((one) => one.stop(0))), sleep(GONE_MS)]);
    try {
      memory.remove();
    } catch (problem) {
      onProblem(problem);
    }
  }

  private begin(id: string, { site, parallel, work }: { site: string; parallel: number; work: QueryWork }): void {
    const { of, config } = this.around;
    const [server] = of('janusgraph', site);
    const lives = (): boolean => server !== undefined && server.state().pid !== null;
    this.queries.begin(id, { site, host: server?.address ?? '', port: config.janusgraph.port, lives }, parallel, work);
  }

  private hold(id: string, site: string, flushEveryMs: number): Promise<void> {
    const { of, nodetool } = this.around;
    const nodes = of('cassandra', site);
    return this.compaction.hold(
      id,
      {
        site,
        directories: nodes.map(({ directory }) => directory),
        nodetool: (args) => nodetool(site, args, NODETOOL_MS),
        pids: () => nodes.map((one) => one.state().pid),
      },
      flushEveryMs,
    );
  }

  private lift(target: ProcessTarget): void {
    const lifted = this.around.targets(target).map((one) => one.id);
    for (const id of lifted) this.around.memory?.lift(id);
    for (const [id, other] of this.limits) {
      if (this.around.targets(other).every((one) => lifted.includes(one.id))) this.limits.delete(id);
    }
  }
}
