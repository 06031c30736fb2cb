import type { Lasting } from './lasting.ts';

/** The quota of the API's clients at a site, while somebody uses it up. */
export interface QuotaState {
  readonly id: string;
  readonly site: string;
  /** Whose quota it is. */
  readonly clients: number;
  /** To how many of them the API has said within the last seconds that they asked for too much (status 429). */
  readonly limited: number;
  /** What was asked in their names so far. */
  readonly requests: number;
}

/** Requests in the names of the API's clients, as many as it takes to use up what each of them may ask. */
export interface QuotaAbility extends Lasting {
  exhaust(id: string, sites: readonly string[], signal: AbortSignal): Promise<void>;
  observe(signal: AbortSignal): Promise<readonly QuotaState[]>;
}

/** What the API of a site answers to one of its accounts. */
export interface SignInState {
  readonly site: string;
  /** An HTTP status, asked for a moment ago from inside the site; null: no answer. */
  readonly status: number | null;
}

/** Clients that the API lets in no more: their password is another one. */
export interface SignInAbility extends Lasting {
  revoke(id: string, sites: readonly string[], signal: AbortSignal): Promise<void>;
  observe(sites: readonly string[], signal: AbortSignal): Promise<readonly SignInState[]>;
}
