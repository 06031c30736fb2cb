/**
 * Whether the other end of a connection still answers anything at all. A slow answer is no silence: when nothing has been heard for a while
 * although something was asked, the other end is pinged, and only a ping that goes unanswered as long again makes the connection silent.
 */
export class Pulse {
  /** Two of these after the last thing that arrived, a connection is silent. */
  private readonly quietMs: number;
  private readonly ping: () => void;
  private readonly changed: () => void;
  private outstanding = 0;
  /** Since when an answer is owed and nothing was heard; null when none is. */
  private owedSince: number | null = null;
  private pingedAt: number | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isSilent = false;

  constructor(quietMs: number, ping: () => void, changed: () => void) {
    this.quietMs = quietMs;
    this.ping = ping;
    this.changed = changed;
  }

  get silent(): boolean {
    return this.isSilent;
  }

  /** Requests that were asked and have not ended. */
  get open(): number {
    return this.outstanding;
  }

  asked(): void {
    this.outstanding += 1;
    this.owedSince ??= performance.now();
    this.watch();
  }

  /** A request was answered, or is waited for no more. The latter says nothing of the connection. */
  ended(): void {
    this.outstanding -= 1;
  }

  /** Something arrived, whatever it was. */
  heard(): void {
    this.owedSince = this.outstanding > 0 ? performance.now() : null;
    this.pingedAt = null;
    if (!this.isSilent) return;
    this.isSilent = false;
    this.changed();
  }

  /** Asks now whether anyone is there, unless that is under way. */
  beat(): void {
    if (this.pingedAt !== null || this.isSilent) return;
    const now = performance.now();
    this.owedSince ??= now;
    this.pingedAt = now;
    this.ping();
    this.watch();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private watch(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.look();
    }, this.quietMs);
  }

  private look(): void {
    if (this.owedSince === null || this.isSilent) return;
    const now = performance.now();
    // Timers fire up to a millisecond early.
    const enough = this.quietMs - 1;
    if (this.pingedAt !== null && now - this.pingedAt >= enough) {
      this.isSilent = true;
      this.changed();
      return;
    }
    if (now - this.owedSince >= enough) this.beat();
    this.watch();
  }
}
