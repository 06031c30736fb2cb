import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from '../src/commands/fail.ts';
import { type ExerciseRecord, readExercises } from '../src/drills/record.ts';
import { EXIT, type ExitCode, InputError, messageOf } from '../src/errors.ts';
import { oneLine } from '../src/report/text-table.ts';

/*
 * Carries out an exercise where nobody is there: a workflow, a task of Tekton, a CronJob. It hands signals on, so that what is cancelled heals; looks
 * afterwards whether anything is left; says what came of it where the summary goes; and ends with the exercise's exit code.
 *
 *     node deploy/unattended.ts nightly --reports reports --summary FILE
 */

/** What each exit code of an exercise says, for who reads a summary. */
const MEANING: Readonly<Record<ExitCode, string>> = {
  [EXIT.pass]: 'pass: every objective was met',
  [EXIT.objectiveMissed]: 'fail: an objective was missed',
  [EXIT.unknown]: 'unknown: something is not shown either way',
  [EXIT.aborted]: 'aborted, and healed',
  [EXIT.badInput]: 'bad input: nothing was carried out',
  [EXIT.platform]: 'the platform cannot be reached, lacks an ability, or is not healed',
  [EXIT.evidence]: 'evidence does not verify',
  [EXIT.defect]: 'a defect in the harness',
};

export interface Unattended {
  readonly name: string;
  readonly reports: string;
  /** Where the summary is appended, as Markdown; null: nowhere. */
  readonly summary: string | null;
  /** Ends with 0 where every run passed and only what people do is missing; the exercise itself stays unknown. */
  readonly peopleLater: boolean;
  /** The harness, to which its command and options are added. */
  readonly drill: readonly [string, ...string[]];
  /** Aborted: the exercise is told to end, and heals. */
  readonly signal: AbortSignal;
}

/** Resolves to the exit code that the whole is to end with: 5 where something is left behind, whatever came of the exercise. */
export async function carryOutUnattended({
  name,
  reports,
  summary,
  peopleLater,
  drill,
  signal,
}: Unattended): Promise<number> {
  const before = new Set(recordsOf(reports).map(({ id }) => id));
  const ended = await run(drill, ['exercise', name, '--no-people', '--reports', reports], signal);
  // Whatever ended it: nobody else will look.
  const healed = await run(drill, ['recover'], AbortSignal.timeout(300_000));
  const record = recordsOf(reports).find(({ id, exercise }) => exercise === name && !before.has(id)) ?? null;
  const later = peopleLater && ended === EXIT.unknown && record !== null && onlyPeopleMissing(record);
  const code = healed !== EXIT.pass ? EXIT.platform : later ? EXIT.pass : ended;
  const lines = summaryOf({ name, ended, healed, record, later });
  process.stdout.write(`${lines.join('\n')}\n`);
  if (summary !== null) appendFileSync(summary, `${lines.join('\n')}\n`);
  return code;
}

function recordsOf(reports: string): readonly ExerciseRecord[] {
  return readExercises(reports).found.map(({ record }) => record);
}

/** Its exit code; 70 where a signal that nobody handed on ended it. */
function run(
  [command, ...args]: readonly [string, ...string[]],
  more: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, [...args, ...more], { stdio: 'inherit' });
    const end = (): void => {
      child.kill('SIGTERM');
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    const done = (code: number): void => {
      signal.removeEventListener('abort', end);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`error: ${command}: ${messageOf(error)}\n`);
      done(EXIT.defect);
    });
    child.once('exit', (code) => done(code ?? EXIT.defect));
  });
}

/** Every run passed, and the steps that are not pass are people's. */
function onlyPeopleMissing({ ended, steps }: ExerciseRecord): boolean {
  return (
    ended !== null &&
    steps.every(({ kind, verdict }) => verdict === 'pass' || (kind === 'person' && verdict === 'unknown'))
  );
}

function summaryOf(of: {
  readonly name: string;
  readonly ended: number;
  readonly healed: number;
  readonly record: ExerciseRecord | null;
  readonly later: boolean;
}): string[] {
  const { name, ended, healed, record, later } = of;
  const meaning = MEANING[ended as ExitCode] ?? 'ended by something else';
  return [
    `### Exercise ${cell(name)}`,
    '',
    `**${meaning}** (exit code ${ended})`,
    ...(later ? ['', 'Every run passed. The exercise stays unknown until people have done their steps.'] : []),
    ...(healed === EXIT.pass ? [] : ['', `**Something may be left behind**: recover ended with ${healed}.`]),
    '',
    ...(record === null ? ['It left no record.'] : tableOf(record)),
    '',
  ];
}

function tableOf({ steps }: ExerciseRecord): string[] {
  return [
    '| step | verdict | why |',
    '| --- | --- | --- |',
    ...steps.map((step) => {
      const name = step.kind === 'scenario' ? step.scenario : step.person;
      return `| ${[name, step.verdict, step.reason].map(cell).join(' | ')} |`;
    }),
  ];
}

/** Text that is no Markdown, nor HTML. */
function cell(text: string): string {
  return oneLine(text).replaceAll(/[\\`*_{}[\]<>()#|!&~]/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** From the command line's words to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const cancelled = new AbortController();
  for (const one of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(one, () => cancelled.abort());
  try {
    const { values, positionals } = parse(args);
    const [name] = positionals;
    if (name === undefined || positionals.length > 1)
      throw new InputError('expected the name of one exercise, such as nightly');
    return await carryOutUnattended({
      name,
      reports: values.reports ?? 'reports',
      summary: values.summary ?? null,
      peopleLater: values['people-later'] ?? false,
      drill: [process.execPath, fileURLToPath(new URL('../src/cli.ts', import.meta.url))],
      signal: cancelled.signal,
    });
  } catch (error) {
    return fail(error);
  }
}

function parse(args: readonly string[]) {
  const options = {
    reports: { type: 'string' },
    summary: { type: 'string' },
    'people-later': { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new InputError(messageOf(error), { cause: error });
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
