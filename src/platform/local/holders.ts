import { PlatformError } from '../../errors.ts';

/** Who uses the platform, and who owns it, each known by his connection: what he held is free when that ends. */
export class Holders {
  private readonly owned: boolean;
  private readonly onOwnerGone: () => void;
  private user: { readonly connection: object; readonly run: string } | null = null;
  private owner: object | null = null;

  /** `owned`: the platform goes with its owner. */
  constructor(owned: boolean, onOwnerGone: () => void) {
    this.owned = owned;
    this.onOwnerGone = onOwnerGone;
  }

  /** The run that uses it; null: none. */
  get run(): string | null {
    return this.user?.run ?? null;
  }

  get isOwned(): boolean {
    return this.owner !== null;
  }

  /** One run at a time: a PlatformError names the other. */
  lock(run: string, connection: object): void {
    if (this.user) throw new PlatformError(`the platform is in use by the run ${this.user.run}`);
    this.user = { connection, run };
  }

  unlock(connection: object): void {
    if (this.user?.connection === connection) this.user = null;
  }

  /** From now on the platform goes when this connection does. */
  own(connection: object): void {
    if (!this.owned || (this.owner !== null && this.owner !== connection))
      throw new PlatformError('it belongs to another');
    this.owner = connection;
  }

  ended(connection: object): void {
    this.unlock(connection);
    if (this.owner === connection) this.onOwnerGone();
  }
}
