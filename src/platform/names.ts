import type { Lasting } from './lasting.ts';

/** What comes of a question to a name server that fails: nothing, "server failure", or "there is no such name" (RFC 1035, 4.1.1). */
export const NAME_FAILURES = ['silence', 'servfail', 'nxdomain'] as const;
export type NameFailure = (typeof NAME_FAILURES)[number];

/** A question for a host name, asked a moment ago over the network. */
export interface AskedName {
  /** The place that it was asked from: `outside`, or a site. */
  readonly from: string;
  readonly name: string;
  /** An address, or how there was none: a NameFailure, or another short code. */
  readonly answer: string;
  /** It is the address that the name means. */
  readonly right: boolean;
}

/** The name server of a site. */
export interface NameServerState {
  /** Null: it answers. */
  readonly failing: NameFailure | null;
  /** Questions that it let down since it fails, by its own count. */
  readonly failed: number;
  readonly asked: readonly AskedName[];
}

/** A name server for each site: the site's names are known to it alone, and who is in the site asks no other. */
export interface NamesAbility extends Lasting {
  fail(id: string, site: string, how: NameFailure, signal: AbortSignal): Promise<void>;
  /** Asks for names of the site, from outside and from inside it. */
  observe(site: string, signal: AbortSignal): Promise<NameServerState>;
}
