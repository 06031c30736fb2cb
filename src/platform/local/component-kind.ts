import type { Component } from '../platform.ts';
import type { LocalConfig } from './config.ts';
import type { Packaged } from './packaged-program.ts';

/** What is there of a component before it can be started. */
export interface Classes {
  readonly jars: readonly string[];
  /** Options that let the JVM share an archive of classes; none when there is no archive. */
  readonly archive: readonly string[];
  /** Where the whole distribution is, or the file of a program; null: it is no more than its jars. */
  readonly home: string | null;
  /** The jar by which its JVM tells Prometheus of itself; absent: nobody asks it. */
  readonly agent?: string;
}

/** Which one it is, and where its files go. */
export interface Placed {
  readonly config: LocalConfig;
  /** The number of its site, from 0. */
  readonly site: number;
  readonly node: number;
  readonly directory: string;
}

/** How to start one process: everything but what runs it, and the place. */
export interface StartCommand {
  /** Its own: configuration, data, logs. */
  readonly directory: string;
  /** What it writes about itself, beside its standard output. */
  readonly log: string;
  /** Its file; absent: what its runtime is. */
  readonly program?: string;
  readonly args: readonly string[];
}

/**
 * A kind of process of the local platform: its file, one line in the registry (`kinds.ts`), a line in `places.ts`, its `pom.xml` under `clusters/local` (of one that runs in a JVM). When it
 * serves is for `health.ts` to say; it ends at SIGTERM.
 */
export interface ComponentKind {
  readonly component: Component;
  /** `java`: its classes come from Maven; `node`: it is part of this project, and there is nothing to fetch; `program`: a package of the distribution has it. */
  readonly runtime: 'java' | 'node' | 'program';
  /** Of a `program`. */
  readonly packaged?: Packaged;
  /** As its pom has it; of a program what it says itself. */
  readonly version: string;
  heap(config: LocalConfig): string;
  /** Options of its JVM that change the modules: an archive of its classes is made with the same. */
  readonly modules: readonly string[];
  /** Of one whose pom names a distribution instead of jars: the part of it that is its home, and the jars in it. Absent: it is jars. */
  readonly distribution?: {
    readonly home: string;
    jars(home: string): readonly string[];
  };
  /** Writes its configuration and says how to start it. */
  command(placed: Placed, classes: Classes): StartCommand;
}
