import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../durable-file.ts';

const IN_FORCE = '.kept.json';
const PUT_BACK = '.put-back.json';

/** What damage took away or overwrote, on disk before it is done, until it is put back; then it stays, to be compared with. */
export class Kept<T> {
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** On disk when it returns. */
  keep(id: string, what: T): void {
    replaceFile(this.path(id, IN_FORCE), JSON.stringify(what), 0o600);
  }

  /** What was kept under this id, whether or not it was put back since; null: nothing. */
  find(id: string): { readonly what: T; readonly inForce: boolean } | null {
    for (const [suffix, inForce] of [
      [IN_FORCE, true],
      [PUT_BACK, false],
    ] as const) {
      const path = this.path(id, suffix);
      if (existsSync(path)) return { what: JSON.parse(readFileSync(path, 'utf8')) as T, inForce };
    }
    return null;
  }

  settle(id: string): void {
    renameSync(this.path(id, IN_FORCE), this.path(id, PUT_BACK));
  }

  /** What was put back: nobody will compare with it any more. */
  forgetSettled(): void {
    for (const name of readdirSync(this.directory)) {
      if (name.endsWith(PUT_BACK)) rmSync(join(this.directory, name), { force: true });
    }
  }

  /** The ids of what was not put back. */
  inForce(): readonly string[] {
    const names = readdirSync(this.directory).filter((name) => name.endsWith(IN_FORCE));
    return names.map((name) => decodeURIComponent(name.slice(0, -IN_FORCE.length)));
  }

  private path(id: string, suffix: string): string {
    return join(this.directory, `${encodeURIComponent(id)}${suffix}`);
  }
}
