/** What the API of a site is told when it starts. */
export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  readonly graph: { readonly host: string; readonly port: number };
  /** What the graph may take for one request, in ms. */
  readonly graphTimeoutMs: number;
  /** Names, each with the SHA-256 of its password in hex. Read again when it changes. */
  readonly accountsFile: string;
  readonly limit: { readonly requests: number; readonly windowMs: number };
}
