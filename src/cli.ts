import { Command, InvalidArgumentError, Option } from 'commander';
import type { BundleFlags } from './commands/bundle.ts';
import { print, REPORTS } from './commands/context.ts';
import type { SignFlags } from './commands/evidence.ts';
import type { ExerciseFlags } from './commands/exercise.ts';
import { fail } from './commands/fail.ts';
import type { ReportFlags } from './commands/judge.ts';
import type { RedactFlags } from './commands/redact.ts';
import type { PlanFlags } from './commands/scenarios.ts';
import type { AmendFlags, SignOffFlags } from './commands/statements.ts';
import type { VerifyFlags } from './commands/verify.ts';
import { EXIT, type ExitCode } from './errors.ts';
import { takeSigningSecrets } from './evidence/signing-key.ts';
import type { TimestampFlags } from './evidence/timestamp-request.ts';
import { leave } from './leave.ts';
import { FURTHER_COMPONENTS, type FurtherComponent } from './platform/components.ts';
import { MAX_SEED } from './scenario/picks.ts';
import { VERSION } from './version.ts';

/** Loaded when it is asked for: what a command does not need it does not wait for. */
const load = {
  bundle: () => import('./commands/bundle.ts'),
  evidence: () => import('./commands/evidence.ts'),
  exercise: () => import('./commands/exercise.ts'),
  history: () => import('./commands/history.ts'),
  judge: () => import('./commands/judge.ts'),
  oscal: () => import('./commands/oscal.ts'),
  platform: () => import('./commands/platform.ts'),
  redact: () => import('./commands/redact.ts'),
  run: () => import('./commands/run.ts'),
  scenarios: () => import('./commands/scenarios.ts'),
  statements: () => import('./commands/statements.ts'),
  verify: () => import('./commands/verify.ts'),
  doctor: () => import('./platform/doctor.ts'),
} as const;

let code: ExitCode = EXIT.pass;
// Before anything is started that would inherit them.
const secrets = takeSigningSecrets(process.env);
// Who reads what is printed may be gone before the end: `| head`, a terminal that was closed. The work goes on.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const program = new Command('drill')
  .description(
    'Injects faults into a multi-site graph platform and measures RTO, RPO and latency against their targets.',
  )
  .version(VERSION)
  .showHelpAfterError()
  .exitOverride();

function times(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('Expected a whole number from 1 to 1000.');
  return value;
}

function seed(text: string): number {
  const value = Number(text);
  if (!/^\d{1,16}$/.test(text) || value > MAX_SEED)
    throw new InvalidArgumentError(`Expected a whole number from 0 to ${MAX_SEED}.`);
  return value;
}

function loadRate(text: string): number {
  const [, number] = /^([1-9]\d{0,4})(?:\/s)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Expected operations a second, such as 200/s.');
  return Number(number);
}

const PLATFORM = 'a platform file: where a platform on Kubernetes is';
const LOAD_RATE = 'operations of load a second in all, in the place of the scenario’s own, such as 200/s';
const SIGN_KEY = 'Ed25519 private key (PKCS#8, PEM, mode 0600); or DRILL_SIGN_KEY holds one';
const SIGN_COMMAND =
  'command that signs, as a JSON array: the bytes on standard input, the raw signature on standard output; or DRILL_SIGN_COMMAND';

const several = (one: string, before: readonly string[]): readonly string[] => [...before, one];

/** Who stamps the time of it. */
function stamped(command: Command): Command {
  return command
    .option('--tsa <url>', 'time stamping authority (RFC 3161)')
    .option(
      '--tsa-command <json>',
      'command that asks one, as a JSON array: request on standard input, answer on standard output',
    );
}

/** Who signs what is sealed already. */
function signing(command: Command): Command {
  return command
    .option('--key <file>', SIGN_KEY)
    .option('--sign-command <json>', SIGN_COMMAND)
    .option('--public-key <file>', 'of the command that signs');
}

/** `--key` of what is sealed already is `--sign-key` of what runs. */
function asSignFlags<T extends { readonly key?: string }>({ key, ...flags }: T): Omit<T, 'key'> & SignFlags {
  return { ...flags, ...(key !== undefined && { signKey: key }) };
}

/** Who allows what is run, who signs it, and who vouches for when. */
function vouched(command: Command): Command {
  return stamped(command)
    .option(
      '--anchor <what>',
      'before the first fault: `tsa` (a time stamp over the intent), or a Git remote that gets a tag; or both',
      several,
      [],
    )
    .option('--anchor-optional', 'go on without an anchor that cannot be had', false)
    .option('--ticket <id>', 'the change that allows it; needed in production')
    .option('--approver <name>', 'who approved it: not the operator; needed in production')
    .option('--window <from/to>', 'when it is allowed, with zone; needed in production')
    .option('--sign-key <file>', SIGN_KEY)
    .option('--sign-command <json>', SIGN_COMMAND)
    .option('--public-key <file>', 'of the command that signs');
}

for (const name of ['run', 'scenario']) {
  vouched(program.command(`${name} <names...>`))
    .description(name === 'run' ? 'run scenarios, by name or file' : 'the same as run')
    .option('--repeat <n>', 'how often, each with another phase of the fault', times, 1)
    .option('--seed <n>', 'of the random picks, in the place of the scenarios’ own; else drawn for each run', seed)
    .option('--load-rate <rate>', LOAD_RATE, loadRate)
    .option('--reports <directory>', 'where run directories go', REPORTS)
    .option('--config <file>', 'configuration of the local platform that is started')
    .option('--platform <file>', PLATFORM)
    .option('--drill <file>', 'what people declare, in the place of the drill file beside the scenario')
    .action(async (names: string[], flags) => {
      code = await (await load.run()).runCommand(names, flags, secrets);
    });
}
program
  .command('validate [files...]')
  .description('every error of scenario files, with line and column')
  .action(async (files: string[]) => {
    code = await (await load.scenarios()).validateCommand(files);
  });
program
  .command('plan <name>')
  .description('what a run would do; touches nothing')
  .option('--config <file>', 'configuration of the local platform')
  .option('--platform <file>', PLATFORM)
  .option('--seed <n>', 'of the random picks, in the place of the scenario’s own', seed)
  .option('--load-rate <rate>', LOAD_RATE, loadRate)
  .option('--drill <file>', 'what people declare, in the place of the drill file beside the scenario')
  .action(async (name: string, flags: PlanFlags) => {
    code = await (await load.scenarios()).planCommand(name, flags);
  });
program
  .command('list <what>')
  .description('scenarios, faults or probes')
  .action(async (what: string) => {
    code = await (await load.scenarios()).listCommand(what);
  });
program
  .command('check <run>')
  .description('judge a run again from its directory alone')
  .action(async (run: string) => {
    code = await (await load.judge()).checkCommand(run);
  });
program
  .command('report <run>')
  .description('render a report again, beside the sealed files')
  .option('--out <base>', 'path without ending', 'report-again')
  .option('--pdf', 'on paper as well, through an installed Chromium', false)
  .option('--browser <file>', 'which prints the PDF')
  .option('--drill <file>', 'what people entered after the run')
  .action(async (run: string, flags: ReportFlags) => {
    code = await (await load.judge()).reportCommand(run, flags);
  });
program
  .command('oscal <run>')
  .description('report.json as OSCAL assessment results')
  .option('--out <file>', 'where it goes', 'oscal.json')
  .action(async (run: string, flags: { out: string }) => {
    code = await (await load.oscal()).oscalCommand(run, flags);
  });
program
  .command('verify <directory>')
  .description('whether a run or an exercise is what was sealed, by whom, when, and who signed it off; offline')
  .option(
    '--public-key <[role=]file>',
    'of a key that must have sealed it, or signed a statement in this role; repeatable',
    several,
    [],
  )
  .option('--tsa-ca <file>', 'certificates of the authorities whose time stamp it must have')
  .option('--all', 'all below the directory, and whether a run is missing among them', false)
  .option('--anchor <remote>', 'Git remote that knows which runs were begun, with --all')
  .option('--original <run>', 'of a masked report: the run that it must have been made of')
  .option('--mask <file>', 'of a masked report: what its masks hide')
  .action(async (directory: string, flags: VerifyFlags) => {
    code = await (await load.verify()).verifyCommand(directory, flags);
  });
stamped(signing(program.command('sign <directory>')))
  .description('sign a sealed run or exercise; nothing that was sealed changes')
  .action(async (directory: string, flags: SignFlags & TimestampFlags & { key?: string }) => {
    code = await (await load.evidence()).signCommand(directory, asSignFlags(flags), secrets);
  });
stamped(program.command('timestamp <directory>'))
  .description('have the time of a sealed run or exercise stamped')
  .action(async (directory: string, flags: TimestampFlags) => {
    code = await (await load.evidence()).timestampCommand(directory, flags);
  });
signing(program.command('sign-off <directory>'))
  .description('approve or reject a sealed run or exercise, with a key of your own: not by who ran it')
  .requiredOption('--by <name>', 'who decides')
  .requiredOption('--role <role>', 'as what, such as “head of ICT risk”')
  .requiredOption('--decision <decision>', 'approved or rejected')
  .option('--note <text>', 'what there is to say', '')
  .action(async (directory: string, flags: SignOffFlags & { key?: string }) => {
    code = await (await load.statements()).signOffCommand(directory, asSignFlags(flags), secrets);
  });
signing(program.command('amend <directory>'))
  .description('sign what is to be known beside a sealed run or exercise, which stays as it is')
  .requiredOption('--by <name>', 'who says it')
  .requiredOption('--role <role>', 'as what, such as “test lead”')
  .requiredOption('--reason <text>', 'what is to be known, and why')
  .option('--file <file>', 'a text that goes with it, whole')
  .action(async (directory: string, flags: AmendFlags & { key?: string }) => {
    code = await (await load.statements()).amendCommand(directory, asSignFlags(flags), secrets);
  });
program
  .command('bundle <directory>')
  .description('a copy to hand on: what is sealed, the verifier beside it, and how to call it')
  .requiredOption('--out <place>', 'where it goes; must not be there yet')
  .option('--tar', 'one archive in the place of a directory: the same bytes for the same content', false)
  .action(async (directory: string, flags: BundleFlags) => {
    code = await (await load.bundle()).bundleCommand(directory, flags);
  });
program
  .command('redact <directory>')
  .description(
    'the report of a sealed run or exercise with its names masked, in a directory of its own that can be handed on',
  )
  .requiredOption('--out <directory>', 'a new one')
  .option(
    '--mask <file>',
    'what each mask hides, to be kept; made, or read and added to (default: DIRECTORY.mask.json)',
  )
  .option('--sign-key <file>', SIGN_KEY)
  .option('--sign-command <json>', SIGN_COMMAND)
  .option('--public-key <file>', 'of the command that signs')
  .action(async (run: string, flags: RedactFlags) => {
    code = await (await load.redact()).redactCommand(run, flags, secrets);
  });
program
  .command('keygen <directory>')
  .description('make a pair of Ed25519 keys; DRILL_SIGN_PASSPHRASE encrypts the private one')
  .action(async (directory: string) => {
    code = (await load.evidence()).keygenCommand(directory, secrets);
  });
program
  .command('history [scenario]')
  .description('every run over time, what became worse, coverage; in the terminal and as index.html')
  .option('--reports <directory>', 'where run directories are', REPORTS)
  .option('--config <file>', 'configuration of the local platform that coverage is compared with')
  .option('--metrics <file>', 'write Prometheus metrics, for a textfile collector')
  .action(async (scenario: string | undefined, flags: { reports: string; config?: string; metrics?: string }) => {
    code = await (await load.history()).historyCommand(scenario, flags);
  });
program
  .command('coverage')
  .description('each row of the platform’s plan: last exercised, result, overdue')
  .option('--reports <directory>', 'where run directories are', REPORTS)
  .option('--config <file>', 'configuration of the local platform that it is compared with')
  .action(async (flags: { reports: string; config?: string }) => {
    code = await (await load.history()).coverageCommand(flags);
  });
vouched(program.command('exercise <name>'))
  .description('carry out an exercise of drills/: its scenarios and what people do, in order')
  .option('--no-people', 'nobody is asked: what people should do is recorded as not done')
  .option('--reports <directory>', 'where run directories go', REPORTS)
  .option('--config <file>', 'configuration of the local platform, where a step names none')
  .action(async (name: string, flags: ExerciseFlags) => {
    code = await (await load.exercise()).exerciseCommand(name, flags, secrets);
  });
program
  .command('recover')
  .description('undo every fault that a dead run left behind')
  .option('--force', 'also while a run uses the platform', false)
  .option(
    '--restart <site>',
    'and restart everything of this site: where it serves nothing although nothing is in force',
  )
  .option('--platform <file>', PLATFORM)
  .action(async (flags: { force: boolean; restart?: string; platform?: string }) => {
    code = await (await load.platform()).recoverCommand(flags);
  });
program
  .command('stop [reason...]')
  .description('pull the lever: every run heals and ends, and none begins')
  .option('--clear', 'release it', false)
  .action(async (reason: string[], flags: { clear: boolean }) => {
    code = (await load.platform()).stopCommand(reason.join(' '), flags);
  });
program
  .command('doctor')
  .description('what this machine needs for the local platform')
  .option('--fix', 'install and build what is missing', false)
  .addOption(
    new Option('--with <name...>', 'and for this component, which only some scenarios need')
      .choices(FURTHER_COMPONENTS)
      .default([]),
  )
  .action(async ({ fix, with: named }: { fix: boolean; with: readonly FurtherComponent[] }) => {
    const further = [...new Set(named)];
    code = (await (await load.doctor()).runDoctor({ fix, further, write: print })) ? EXIT.pass : EXIT.platform;
  });
program
  .command('schema')
  .description('write the JSON Schema files')
  .action(async () => {
    code = (await load.scenarios()).schemaCommand();
  });

const platform = program.command('platform').description('the local platform: up, down, status');
platform
  .command('up')
  .option('--config <file>', 'its configuration')
  .action(async ({ config }: { config?: string }) => {
    code = await (await load.platform()).upCommand(config);
  });
platform.command('down').action(async () => {
  code = await (await load.platform()).downCommand();
});
platform.command('status').action(async () => {
  code = await (await load.platform()).statusCommand();
});

try {
  await program.parseAsync();
} catch (error) {
  code = fail(error);
}
await leave(code);
