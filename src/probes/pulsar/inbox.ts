import type { Unconnected } from '../keeper.ts';
import type { Received } from './transport.ts';

interface Waiting {
  readonly take: (message: Received | null) => void;
  readonly fail: (why: Unconnected) => void;
}

/** What was delivered and not taken yet, in order; and who waits for more. */
export class Inbox {
  private readonly messages: Received[] = [];
  private readonly waiting: Waiting[] = [];
  private lost: Unconnected | null = null;

  add(message: Received): void {
    const first = this.waiting.shift();
    if (first) first.take(message);
    else this.messages.push(message);
  }

  /** Nothing more comes. What is there can still be taken. */
  end(why: Unconnected): void {
    this.lost ??= why;
    for (const { fail } of this.waiting.splice(0)) fail(this.lost);
  }

  /** The next message; null: none came within `withinMs`. Rejects with why nothing more comes. */
  next(withinMs: number): Promise<Received | null> {
    const message = this.messages.shift();
    if (message) return Promise.resolve(message);
    if (this.lost) return Promise.reject(this.lost);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        const at = this.waiting.indexOf(one);
        if (at >= 0) this.waiting.splice(at, 1);
      };
      const one: Waiting = {
        take: (next) => {
          leave();
          resolve(next);
        },
        fail: (why) => {
          leave();
          reject(why);
        },
      };
      const timer = setTimeout(() => one.take(null), Math.max(0, withinMs));
      this.waiting.push(one);
    });
  }
}
