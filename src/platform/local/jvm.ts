import { join } from 'node:path';
import type { LocalConfig } from './config.ts';

/** Heap, compilers and the like of a database's JVM, which works in `directory`. `heap` is such as 640m. */
export function jvmOptions({ jit }: LocalConfig, heap: string, directory: string): readonly string[] {
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    // Six JVMs that optimise at once keep two cores busy for minutes, and every latency with them.
    ...(jit === 'quick' ? ['-XX:TieredStopAtLevel=1'] : []),
    '-XX:+UseSerialGC',
    '-Xss512k',
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    // Libraries that it unpacks go with its data.
    `-Djava.io.tmpdir=${join(directory, 'tmp')}`,
  ];
}
