/** How to start one JVM: everything but the Java home and the place. */
export interface JvmCommand {
  /** Its own: configuration, data, logs. */
  readonly directory: string;
  /** What it writes about itself, beside its standard output. */
  readonly log: string;
  readonly args: readonly string[];
}
