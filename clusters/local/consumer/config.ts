/** What the consumer of a site is told when it starts. */
export interface ConsumerConfig {
  /** Where it says how it is. */
  readonly host: string;
  readonly port: number;
  /** The WebSocket API of its site's Pulsar. */
  readonly pulsar: { readonly host: string; readonly port: number };
  /** `tenant/namespace/topic`, each. */
  readonly topic: string;
  readonly deadLetters: string;
  readonly subscription: string;
  /** A message that is refused once more after so many redeliveries is a dead letter. */
  readonly redeliveries: number;
  /** Events of one transaction of the graph, at most; it holds twice as many. */
  readonly batch: number;
  readonly graph: { readonly host: string; readonly port: number };
  /** What the graph may take for one batch, in ms. */
  readonly graphTimeoutMs: number;
}
