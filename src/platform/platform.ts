import type { Json } from '../history/event.ts';
import type { QuotaAbility, SignInAbility } from './api.ts';
import type { BackupAbility, DataAbility, RestoreTestAbility, SnapshotAbility } from './backups.ts';
import type { Component, Database } from './components.ts';
import type {
  CompactionAbility,
  CpuAbility,
  DiskSpeedAbility,
  Lasting,
  MemoryAbility,
  QueryAbility,
} from './lasting.ts';
import type { NamesAbility } from './names.ts';
import type { DiskAbility, StorageAbility } from './storage.ts';
import type { TopicAbility } from './topics.ts';
import type { FaultRegister } from './undo.ts';

export type { Component } from './components.ts';

/** Where a client reaches a component. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  /** What a host name means, where the platform knows: who goes by addresses calls it by this. */
  readonly address?: string | undefined;
}

export interface Site {
  readonly name: string;
  /** The Cassandra datacenter of the site. */
  readonly datacenter: string;
  /** A store that the site has not is not there. */
  readonly endpoints: Readonly<Record<Database, readonly Endpoint[]> & Partial<Record<Component, readonly Endpoint[]>>>;
  /** The address of the name server that clients ask for the hosts' names; absent: hosts are addresses, or names that the machine knows. */
  readonly resolver?: string | undefined;
  /** What is struck when a component of the site is, as the platform calls it; absent: its processes have no other names. */
  readonly objects?: Readonly<Partial<Record<Component, readonly string[]>>> | undefined;
}

/** What a platform is, as it stands in every plan. */
export interface PlatformFacts {
  readonly name: string;
  /** `laboratory`, unless the platform's own configuration says otherwise. */
  readonly environment: string;
  readonly sites: readonly Site[];
  /** Where clients can be; absent: outside, and in every site. */
  readonly clientPlaces?: readonly string[];
  readonly nodesPerSite: number;
  /** Copies in each site. */
  readonly replicationFactor: number;
  readonly versions: Readonly<Record<string, string>>;
  /** What is set otherwise than an operator would expect, and bears on what is measured; said in every report. */
  readonly tuning: Readonly<Record<string, string>>;
  readonly abilities: readonly AbilityName[];
  /** Outside the sites: where its Alertmanagers notify whoever is on call, and nobody else listens; absent: it has none, or they notify elsewhere. */
  readonly pager?: Pager;
  /** Of abilities that it has not, why. */
  readonly lacking?: Readonly<Partial<Record<AbilityName, Lack>>>;
}

/** Where Alertmanagers notify. `standIn`: by rules or routes of ours, and not all by the platform's own. */
export interface Pager extends Endpoint {
  readonly standIn: boolean;
  /** The names of all alerts that its rules can raise. */
  readonly alerts: readonly string[];
}

/** Why something cannot be done on a platform, and what would help. */
export interface Lack {
  readonly why: string;
  readonly help: string;
}

/** Where traffic comes from or goes to, seen from one site: a site, the clients outside, the site's own loopback. */
export type Peer = string;
export const OUTSIDE_PEER = 'outside';
export const LOOPBACK_PEER = 'loopback';
/** In counters only: whoever it is. */
export const ANY_PEER = 'everyone';

/** What becomes of a packet: lost in silence, or refused as a firewall does, with a TCP reset or with ICMP's "administratively prohibited". */
export const PACKET_FATES = ['drop', 'reset', 'unreachable'] as const;
export type PacketFate = (typeof PACKET_FATES)[number];

/** What happens to packets between `site` and each of `peers`. `in`: towards the site; `out`: from it. */
export interface PacketRule {
  readonly site: string;
  readonly direction: 'in' | 'out';
  readonly peers: readonly Peer[];
  /** Absent: `drop`. */
  readonly fate?: PacketFate;
  /** Only what is sent to the ports of this component of the site, or comes from them; absent: all. */
  readonly component?: Component;
  /** The share of packets that it happens to, each at random: above 0, at most 1; absent: all. */
  readonly share?: number;
}

/** What stands in force for one rule and peer. `packets`: that met their fate so far. `counted`: what stands for them where none are counted. */
export interface RuleCounter {
  readonly site: string;
  readonly direction: 'in' | 'out';
  readonly peer: Peer;
  readonly packets: number;
  readonly counted?: string;
}

export interface ComponentState {
  readonly site: string;
  readonly component: Component;
  /** From 0: its number among the site's nodes. */
  readonly node: number;
  /**
   * `running`: the process lives. `ready`: and it has served since it was started, and was not told to end. `paused`: it lives and is not let run.
   * `stopped`: there is no process.
   */
  readonly state: 'running' | 'ready' | 'paused' | 'stopped';
  readonly pid: number | null;
  /** Processor time of this process so far; absent: not known. */
  readonly cpuUs?: number;
}

/** What a process of a site takes the time of day to be, as it says itself. */
export interface ClockState {
  readonly site: string;
  readonly component: Component;
  readonly node: number;
  /** How far its wall clock is ahead of the harness's own, in ms, between two bounds; negative: behind. Null: it said nothing. */
  readonly aheadMs: { readonly lower: number; readonly upper: number } | null;
}

/** What goes on happening to processes until it is undone. */
export interface LoopState {
  readonly id: string;
  /** How often it happened to each so far, by `site component/node`. */
  readonly counts: Readonly<Record<string, number>>;
  /** To these it happens no more, although it was not undone: one that could not be started again. */
  readonly broken: readonly string[];
}

/** The processes of some components of a site. An alias, so that it is JSON to the compiler as well. */
export type ProcessTarget = {
  readonly site: string;
  readonly components: readonly Component[];
  /** Only this one of the site's nodes, from 0; absent: all. */
  readonly node?: number;
};

/** Sites cut from others, silently and in both directions. What is made under one id comes and goes together. */
export interface NetworkAbility extends Lasting {
  /** Rules of both directions with the same peers, which drop everything. */
  filter(id: string, rules: readonly PacketRule[], signal: AbortSignal): Promise<void>;
  /** Empty when no rule of this id is in force. */
  observe(id: string, signal: AbortSignal): Promise<readonly RuleCounter[]>;
}

/** End database processes, so that they stay away until that is undone. */
export interface ProcessAbility {
  /**
   * SIGTERM, and SIGKILL for what is still there after `graceMs`; 0: as soon as the platform can. Returns when it is sent; whether it had an
   * effect is for `observe` to say.
   */
  end(target: ProcessTarget, graceMs: number, signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly ComponentState[]>;
}

/** Signals that stop a process where it is. */
export interface PauseAbility {
  /** SIGSTOP: the process lives, its connections stay, and nothing answers. */
  pause(target: ProcessTarget, signal: AbortSignal): Promise<void>;
}

/** Ends processes that are then started again at once, by whoever does so there. */
export interface RestartAbility {
  /** Ends them as `ProcessAbility.end` does. */
  restart(id: string, target: ProcessTarget, graceMs: number, signal: AbortSignal): Promise<void>;
  /** What died of it so far, of each that is in force. */
  observe(signal: AbortSignal): Promise<readonly LoopState[]>;
}

/** What goes on happening to processes: they end and are started again, or are stopped and let run, in turns. */
export interface LoopAbility extends Lasting {
  /** Ends them and starts them again at once, and once more so long after each is ready again, until it is undone. */
  crash(
    id: string,
    target: ProcessTarget,
    how: { readonly graceMs: number; readonly againMs: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Lets the processes run only a share of the time, between 0 and 1, until it is undone. */
  starve(id: string, target: ProcessTarget, share: number, signal: AbortSignal): Promise<void>;
  /** The loops that are in force, whoever made them. */
  observe(signal: AbortSignal): Promise<readonly LoopState[]>;
}

/** Packet rules of every kind: one way, some of them, of some ports, refused. What is in force is among the network's rules, and is observed and undone with them. */
export interface PacketAbility {
  filter(id: string, rules: readonly PacketRule[], signal: AbortSignal): Promise<void>;
}

/** Narrow lines. What is in force is among the network's rules, and is observed and undone with them. */
export interface BandwidthAbility {
  /** A line of so many bits a second to and from a site, each; what does not fit waits a little, and is then lost. */
  narrow(id: string, site: string, bitsPerSecond: number, signal: AbortSignal): Promise<void>;
}

/** What every packet on a site's line takes longer, each way. */
export interface LineDelay {
  readonly delayUs: number;
  /** More or less than that, evenly distributed. */
  readonly jitterUs: number;
  /** Of one packet's delay with that of the packet before it, 0 to 1. */
  readonly correlation: number;
}

/** Long lines. What is in force is among the network's rules, and is observed and undone with them. */
export interface DelayAbility {
  delay(id: string, site: string, how: LineDelay, signal: AbortSignal): Promise<void>;
}

/** Wall clocks that can be set, a site's all at once and under one fault at a time. Timers, which go by monotonic time, see nothing of it. */
export interface ClockAbility extends Lasting {
  /** So far ahead of the machine's; negative: behind. Its processes take it over within two seconds, and when they start. */
  set(id: string, site: string, aheadMs: number, signal: AbortSignal): Promise<void>;
  /** Asked of each database process, from inside its site. */
  observe(site: string, signal: AbortSignal): Promise<readonly ClockState[]>;
}

/** Administration of one node's database. */
export interface NodetoolAbility {
  /** Standard output; a PlatformError with standard error when it fails. */
  run(site: string, args: readonly string[], signal: AbortSignal): Promise<string>;
}

export interface Abilities {
  readonly network: NetworkAbility;
  readonly packets: PacketAbility;
  readonly bandwidth: BandwidthAbility;
  readonly processes: ProcessAbility;
  readonly pausing: PauseAbility;
  readonly restarts: RestartAbility;
  readonly loops: LoopAbility;
  readonly nodetool: NodetoolAbility;
  readonly queries: QueryAbility;
  readonly compaction: CompactionAbility;
  /** Only where each commit log has a disk of its own. */
  readonly disks: DiskAbility;
  readonly storage: StorageAbility;
  /** Only where the platform has a tool for them. */
  readonly backups: BackupAbility;
  /** Only where there are backups. */
  readonly data: DataAbility;
  /** The same. */
  readonly restoreTests: RestoreTestAbility;
  /** Only where the platform has OpenSearch. */
  readonly snapshots: SnapshotAbility;
  /** Only where the platform has Pulsar. */
  readonly topics: TopicAbility;
  /** Only where the platform has the Analytics API. */
  readonly quotas: QuotaAbility;
  /** The same. */
  readonly signIn: SignInAbility;
  /** Only where the kernel has sch_netem. */
  readonly netem: DelayAbility;
  /** Only where the services have host names, and the platform a resolver of its own. */
  readonly names: NamesAbility;
  /** Only where the processes are started with clocks that can be set. */
  readonly clocks: ClockAbility;
  /** Only where each process has a memory cgroup of its own. */
  readonly memory: MemoryAbility;
  /** Only where each process has a cgroup of its own with a limit of the disk, and its data stands on one. */
  readonly diskSpeed: DiskSpeedAbility;
  /** Only where each process has a cgroup of its own with a quota of the processor. */
  readonly cpu: CpuAbility;
}
export type AbilityName = keyof Abilities;

/** The platform is one run's. */
export interface RunLock extends AsyncDisposable {
  /** Aborts, with a PlatformError that says why, when it may be another's from now on; absent: that cannot be while this process is connected. */
  readonly lost?: AbortSignal;
}

/** A platform that is up. A scenario names sites and components, never processes or addresses. */
export interface Platform extends AsyncDisposable {
  facts(): PlatformFacts;
  /** The command that undoes what a dead run left on it. */
  readonly recover: string;
  readonly abilities: Partial<Abilities>;
  readonly register: FaultRegister;
  /** What clients sign in with that the platform made itself: by the name of the environment variable which scenarios name. It is never written anywhere. */
  readonly credentials: Readonly<Record<string, string>>;
  /** The words that, put before a command, run it where the clients of `client` are: `outside`, or in a site. */
  place(client: string): readonly string[];
  /** One run at a time: a PlatformError that names the holder when there is one. Freed when the harness dies. */
  lock(run: string, signal: AbortSignal): Promise<RunLock>;
  /** Copies each component's log into `directory` (created). */
  keepLogs(directory: string): Promise<void>;
  /** What the platform says of itself: starts, ends, dead-man. For the journal and for people. */
  onEvent(listener: (event: { type: string; data: Json }) => void): () => void;
}
