import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../errors.ts';
import { HelperProcess } from './helper-process.ts';

const ASKER = fileURLToPath(new URL('./asker-main.ts', import.meta.url));
/** For a process to start, on a machine that is busy. */
const START_MS = 5_000;
const IDLE_MS = 10_000;

/** A question for a name server, answered within `ms` by an address or by the code of why there is none. */
export interface NameQuestion {
  readonly name: string;
  readonly server: string;
  readonly ms: number;
}

/** Asks name servers from another place, by a process there: `place` are the words that put it there. */
export class Asker {
  private readonly helper: HelperProcess<NameQuestion, string>;

  constructor(place: readonly string[]) {
    this.helper = new HelperProcess([...place, process.execPath, ASKER], IDLE_MS);
  }

  /** A PlatformError when its process says nothing in time. */
  async ask(question: NameQuestion): Promise<string> {
    const answer = await this.helper.ask(question, question.ms + START_MS);
    if (answer === null) throw new PlatformError(`nobody could ask for ${question.name}`);
    return answer;
  }

  /** Ends its process, if there is one. */
  end(): void {
    this.helper.end();
  }
}
