import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkRun } from '../check/check.ts';
import { InputError } from '../errors.ts';
import { compareWithExpected, corpusCases, readExpected } from './expected.ts';

export interface CorpusResult {
  readonly name: string;
  /** Where the report differs from the right answers; empty: nowhere. */
  readonly wrong: readonly string[];
}

/** Judges a run directory: resolves to a report, or to any value that is laid out as one where it says something. */
export type Judge = (directory: string) => Promise<unknown>;

/** The judge of this package. */
export const ownJudge: Judge = checkRun;

/** Another implementation: a command that is given the directory as its last argument, and prints the report as JSON. */
export function judgeByCommand([command, ...args]: readonly string[]): Judge {
  if (command === undefined) throw new InputError('corpus --: expected a command that judges a directory, got none');
  return async (directory) => {
    const { error, stdout, status } = spawnSync(command, [...args, directory], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (error) throw new InputError(`${command}: cannot be started: ${error.message}`, { cause: error });
    try {
      return JSON.parse(stdout);
    } catch {
      throw new InputError(
        `${command} ${directory}: expected a report as JSON, it ended with ${status} and said ${stdout.slice(0, 100) || 'nothing'}`,
      );
    }
  };
}

/** Gives every history of a corpus to a judge, and compares. What the judge throws is an answer that is wrong. */
export async function judgeCorpus(corpus: string, judge: Judge = ownJudge): Promise<CorpusResult[]> {
  const results: CorpusResult[] = [];
  for (const name of corpusCases(corpus)) {
    const directory = join(corpus, name);
    const expected = readExpected(directory);
    try {
      results.push({ name, wrong: compareWithExpected(await judge(directory), expected) });
    } catch (error) {
      results.push({ name, wrong: [String(error)] });
    }
  }
  return results;
}
