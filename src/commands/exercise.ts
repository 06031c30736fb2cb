import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { carryOut, type Entry, type Hands } from '../drills/carry-out.ts';
import { type ExerciseStep, isScenarioStep } from '../drills/exercise-schema.ts';
import { type LoadedExercise, loadExercise, loadScenarios, type Scenarios } from '../drills/load.ts';
import { type ExerciseRecord, exerciseDirectory } from '../drills/record.ts';
import { replaceFile } from '../durable-file.ts';
import { type ExitCode, InputError } from '../errors.ts';
import { keyIdOf } from '../evidence/dsse.ts';
import { writeExerciseManifest } from '../evidence/manifest.ts';
import type { Signer, SigningSecrets } from '../evidence/signing-key.ts';
import { authorityOf, type TimestampAuthority } from '../evidence/timestamp-request.ts';
import { tryKernel } from '../platform/local/kernel.ts';
import { localPlatformFacts, localPlatformStatus } from '../platform/local/local-platform.ts';
import { refusedWords } from '../refused-words.ts';
import { renderExercise, renderExerciseHtml } from '../report/exercise-page.ts';
import { oneLine } from '../report/text-table.ts';
import { resolvePlan } from '../scenario/resolve.ts';
import { VERSION } from '../version.ts';
import { columns, DRILLS, print, SCENARIOS } from './context.ts';
import { signAndSay, signerFor, stampAndSay } from './evidence.ts';
import { fail } from './fail.ts';
import { configFor, isOtherThan } from './platform-config.ts';
import { REGISTRIES } from './registries.ts';
import { anchoringOf, operators, type RunFlags, runCommand } from './run.ts';

export interface ExerciseFlags extends Omit<RunFlags, 'repeat' | 'seed'> {
  /** False: nobody is asked, and what people should do is recorded as not done. */
  readonly people: boolean;
}

/** `exercise NAME`: its steps in order, one record and one report for all. */
export async function exerciseCommand(name: string, flags: ExerciseFlags, secrets: SigningSecrets): Promise<ExitCode> {
  // What cannot be used is no news for after the exercise, nor for its middle.
  const signer = signerFor(flags, secrets);
  const authority = authorityOf(flags);
  anchoringOf(flags, authority);
  const keyId = signer && keyIdOf(signer.publicKey);
  const scenarios = await loadScenarios(SCENARIOS, REGISTRIES);
  const loaded = await loadExercise(name, DRILLS, scenarios);
  await refuseWhatCannotBe(loaded, scenarios, flags);
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const id = `${stamp}-${randomBytes(3).toString('hex')}`;
  const directory = exerciseDirectory(flags.reports, { exercise: loaded.exercise.name, id });
  const { record, code } = await carryOut(
    loaded,
    { id, harness: VERSION, operators: [...operators()] },
    handsFor(directory, flags, secrets, keyId),
  );
  print(renderExercise(record, { width: columns() }));
  print(`exercise: ${join(directory, 'exercise.html')}`);
  return (await sealExercise(directory, id, signer, authority)) ?? code;
}

/** Seals the record, signs it and has its time stamped, as far as somebody does. Gives the exit code of what went wrong; null: nothing. */
async function sealExercise(
  directory: string,
  id: string,
  signer: Signer | null,
  authority: TimestampAuthority | null,
): Promise<ExitCode | null> {
  try {
    writeExerciseManifest(directory, id);
    if (signer !== null) await signAndSay(directory, signer);
    else print(`sealed, unsigned: npm run drill -- sign ${directory} --key FILE`);
    if (authority !== null) await stampAndSay(directory, authority);
    return null;
  } catch (error) {
    return fail(error);
  }
}

/** An InputError, before anything starts, where a person is needed and nobody is there, or a platform cannot do what a scenario asks for. */
async function refuseWhatCannotBe(
  { exercise, file }: LoadedExercise,
  scenarios: Scenarios,
  flags: ExerciseFlags,
): Promise<void> {
  const people = exercise.steps.filter((step) => !isScenarioStep(step)).length;
  if (people > 0 && flags.people && process.stdin.isTTY !== true) {
    throw new InputError(`${file}: ${people} of its steps are done by people, and this is no terminal`, {
      hint: 'run it in a terminal, or with --no-people: these steps are then recorded as not done, and the exercise is unknown at best',
    });
  }
  const up = await localPlatformStatus(AbortSignal.timeout(10_000));
  const kernel = up?.kernel ?? (await tryKernel());
  for (const step of exercise.steps.filter(isScenarioStep)) {
    const found = scenarios.get(step.scenario);
    if (found === undefined) continue;
    const named = step.config ?? flags.config;
    const wanted = configFor(named, [found]);
    if (up && named !== undefined && isOtherThan(up.config, wanted)) {
      throw new InputError(`a platform is up that is another than ${named} says, which ${step.scenario} needs`, {
        hint: 'npm run drill -- platform down: the exercise starts each platform that it needs',
      });
    }
    const platform = localPlatformFacts(named === undefined && up ? up.config : wanted, kernel);
    resolvePlan({ loaded: found, platform, ...REGISTRIES, options: {} });
  }
}

function handsFor(directory: string, flags: ExerciseFlags, secrets: SigningSecrets, keyId: string | null): Hands {
  const { people, ...ofRuns } = flags;
  return {
    now: () => new Date(),
    save: (record: ExerciseRecord) => {
      replaceFile(join(directory, 'exercise.json'), `${JSON.stringify(record, null, 2)}\n`);
      replaceFile(join(directory, 'exercise.html'), renderExerciseHtml(record, keyId));
    },
    run: (names, config, onRun) => {
      const ofThese = { ...ofRuns, repeat: 1, ...(config !== undefined && { config }) };
      return runCommand(names, ofThese, secrets, (index, run, report) => {
        const path = relative(flags.reports, run).split(sep).join('/');
        onRun({ index, path, report, manifestSha256: digestOf(join(run, 'manifest.json')) });
      });
    },
    ask: people && process.stdin.isTTY === true ? ask : null,
  };
}

function digestOf(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}

/** What cannot stand in a record; null: it can. */
function unfit(text: string): string | null {
  if (!/[\p{L}\p{N}]/u.test(text)) return 'expected a few words';
  const [refused] = refusedWords(text);
  return refused === undefined ? null : `a report does not say "${oneLine(refused.word)}": ${refused.instead}`;
}

/** Asks in the terminal; null where nothing is entered in time. Rejects on Ctrl-C. */
async function ask(step: Extract<ExerciseStep, { person: string }>): Promise<Entry | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const late = AbortSignal.timeout(Math.max(1, Math.round(step.within / 1000)));
  const left = new AbortController();
  terminal.on('SIGINT', () => left.abort(new Error('interrupted by a person')));
  try {
    print(`\n${oneLine(step.person)}: ${oneLine(step.prompt)}`);
    const signal = AbortSignal.any([late, left.signal]);
    const answer = async (question: string, wrong: (text: string) => string | null): Promise<string> => {
      for (;;) {
        const text = (await terminal.question(question, { signal })).trim();
        const why = wrong(text);
        if (why === null) return text;
        print(why);
      }
    };
    const done = await answer('was it done (yes, no)? ', (text) =>
      /^(?:yes|no)$/i.test(text) ? null : 'expected yes or no',
    );
    const by = await answer('who says so (name): ', unfit);
    const text = await answer(done.toLowerCase() === 'yes' ? 'what was done: ' : 'why not: ', unfit);
    return { done: done.toLowerCase() === 'yes', by, text, entered: new Date() };
  } catch (error) {
    if (late.aborted && !left.signal.aborted) return null;
    throw left.signal.aborted ? left.signal.reason : error;
  } finally {
    terminal.close();
  }
}
