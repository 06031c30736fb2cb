/** How one attempt ended, in the words of the harness's history. `sum`: what was written or read; empty when nothing was. */
export interface Ended {
  readonly outcome: 'ok' | 'fail' | 'info';
  /** A short code; empty when ok. Of an answer that is not right: `absent`, `partial`, `corrupt`, `phantom`. */
  readonly error: string;
  readonly sum: string;
}

/** A store at one site, as the harness's probe of it writes and reads. */
export interface AtSite {
  /** For setup(). Throws when it cannot. */
  open(): void;
  write(key: string, seq: number): Ended;
  /** Reads a write that was acknowledged. */
  read(key: string, seq: number): Ended;
}

/** Codes of answers that came and are not right. */
export const WRONG = ['absent', 'partial', 'corrupt', 'phantom'];
