import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** How soon what was changed holds. A watcher of the file would miss what changes before it has looked first. */
const LOOK_MS = 250;
const NOBODY = Buffer.alloc(32);

/** Who may use the API, as a file says: names, each with the SHA-256 of its password in hex. A change of the file holds soon, also for connections that are there. */
export class Accounts implements Disposable {
  private readonly file: string;
  private readonly looking: NodeJS.Timeout;
  private text: string;
  private digests: ReadonlyMap<string, Buffer>;

  constructor(file: string) {
    this.file = file;
    this.text = readFileSync(file, 'utf8');
    this.digests = digestsIn(this.text);
    this.looking = setInterval(() => this.look(), LOOK_MS);
  }

  knows(name: string, password: string): boolean {
    const right = this.digests.get(name);
    const given = createHash('sha256').update(password).digest();
    return timingSafeEqual(given, right ?? NOBODY) && right !== undefined;
  }

  private look(): void {
    const text = readFileSync(this.file, 'utf8');
    if (text === this.text) return;
    this.digests = digestsIn(text);
    this.text = text;
  }

  [Symbol.dispose](): void {
    clearInterval(this.looking);
  }
}

function digestsIn(text: string): ReadonlyMap<string, Buffer> {
  const digests = JSON.parse(text) as Readonly<Record<string, string>>;
  return new Map(Object.entries(digests).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]));
}
