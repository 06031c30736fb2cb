import type { MessageId } from './message-id.ts';

/** Where the latest acknowledged messages stand, by key; older ones are forgotten. */
export class Positions {
  private readonly places = new Map<string, MessageId>();
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(key: string, place: MessageId): void {
    this.places.set(key, place);
    if (this.places.size <= this.most) return;
    const [oldest] = this.places.keys();
    this.places.delete(oldest as string);
  }

  /** Null: forgotten, or never known. */
  get(key: string): MessageId | null {
    return this.places.get(key) ?? null;
  }
}
