import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { coverageJsonSchema, exerciseJsonSchema } from '../drills/exercise-schema.ts';
import { exerciseRecordJsonSchema } from '../drills/record.ts';
import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { platformFileJsonSchema } from '../platform/kubernetes/platform-file.ts';
import { tryKernel } from '../platform/local/kernel.ts';
import { localPlatformFacts, localPlatformStatus } from '../platform/local/local-platform.ts';
import type { PlatformFacts } from '../platform/platform.ts';
import { expectedJsonSchema, journalLineJsonSchema, planJsonSchema, reportJsonSchema } from '../report/schema.ts';
import { describePlan } from '../scenario/describe-plan.ts';
import { drillFileJsonSchema } from '../scenario/drill-file.ts';
import { declarationFor } from '../scenario/drill-file-load.ts';
import { scenarioJsonSchema, schemaFileText } from '../scenario/json-schema.ts';
import {
  type LoadedScenario,
  listDrillFiles,
  listScenarioFiles,
  loadScenario,
  scenarioFile,
  validateFiles,
} from '../scenario/load.ts';
import { requireComponents } from '../scenario/needed-components.ts';
import { formatProblem } from '../scenario/problem.ts';
import { resolveScenario } from '../scenario/resolve.ts';
import { print, SCENARIOS, SCHEMAS } from './context.ts';
import { configFor } from './platform-config.ts';
import { type PlatformFlags, sourceFor } from './platform-source.ts';
import { REGISTRIES } from './registries.ts';

/** `validate FILE-OR-NAME…`: every error of every file; of all that are delivered when none is given. */
export async function validateCommand(named: readonly string[]): Promise<ExitCode> {
  const files = await Promise.all(named.map((one) => (existsSync(one) ? one : scenarioFile(one, SCENARIOS))));
  const all =
    files.length > 0 ? files : [...(await listScenarioFiles(SCENARIOS)), ...(await listDrillFiles(SCENARIOS))];
  const problems = await validateFiles(all, REGISTRIES);
  for (const problem of problems) print(formatProblem(problem));
  if (problems.length === 0) print('valid');
  return problems.length === 0 ? EXIT.pass : EXIT.badInput;
}

export interface PlanFlags extends PlatformFlags {
  readonly seed?: number;
  readonly loadRate?: number;
  readonly drill?: string;
}

/** `plan NAME`: what a run would do; touches nothing. */
export async function planCommand(name: string, flags: PlanFlags): Promise<ExitCode> {
  const { seed, loadRate, drill } = flags;
  const loaded = await loadScenario(name, { registries: REGISTRIES, directory: SCENARIOS });
  const platform = await platformOfPlan(loaded, flags);
  const options = { seed, loadRate: loadRate ?? null, declared: declarationFor(loaded, drill, platform.environment) };
  const { plan, findings } = resolveScenario({ loaded, platform, ...REGISTRIES, options });
  print(describePlan(plan, findings, REGISTRIES));
  return EXIT.pass;
}

async function platformOfPlan(loaded: LoadedScenario, flags: PlatformFlags): Promise<PlatformFacts> {
  if (flags.platform !== undefined) return (await (await sourceFor(flags, [loaded])).look()).facts;
  const kernel = await tryKernel();
  // A run would be given the one that is up.
  const up = flags.config === undefined ? await localPlatformStatus(AbortSignal.timeout(10_000)) : null;
  if (up) requireComponents(loaded.scenario, localPlatformFacts(up.config, kernel), REGISTRIES);
  return localPlatformFacts(configFor(flags.config, [loaded]), kernel);
}

/** `list scenarios | faults | probes`, with their parameters. */
export async function listCommand(what: string): Promise<ExitCode> {
  if (what === 'scenarios') {
    for (const file of await listScenarioFiles(SCENARIOS)) {
      const { scenario } = await loadScenario(file, { registries: REGISTRIES, directory: SCENARIOS });
      print(`${scenario.name.padEnd(28)} ${scenario.title}`);
    }
  } else if (what === 'faults') {
    for (const { type, summary, params } of REGISTRIES.faults.values()) describe(type, summary, params);
  } else if (what === 'probes') {
    for (const { probe, summary, params } of REGISTRIES.probes.values()) describe(probe, summary, params);
  } else {
    throw new InputError(`list: expected scenarios, faults or probes, got ${what}`);
  }
  return EXIT.pass;
}

function describe(name: string, summary: string, params: z.ZodObject): void {
  print(`${name.padEnd(18)} ${summary}`);
  const { properties = {} } = z.toJSONSchema(params, { io: 'input' }) as {
    properties?: Record<string, { description?: string; enum?: string[]; default?: unknown }>;
  };
  for (const [key, { description = '', enum: words, default: preset }] of Object.entries(properties)) {
    const values = words ? ` (${words.join(' | ')})` : '';
    print(`  ${key}${values}${preset === undefined ? '' : `, default ${JSON.stringify(preset)}`}: ${description}`);
  }
}

/** The schema files of this version, by name. */
export function schemaFiles(): Readonly<Record<string, string>> {
  return {
    'scenario.json': schemaFileText(scenarioJsonSchema(REGISTRIES)),
    'plan.json': schemaFileText(planJsonSchema()),
    'report.json': schemaFileText(reportJsonSchema()),
    'journal-line.json': schemaFileText(journalLineJsonSchema()),
    'expected.json': schemaFileText(expectedJsonSchema()),
    'drill.json': schemaFileText(exerciseJsonSchema()),
    'functions.json': schemaFileText(coverageJsonSchema()),
    'drill-file.json': schemaFileText(drillFileJsonSchema()),
    'kubernetes-platform.json': schemaFileText(platformFileJsonSchema()),
    'exercise.json': schemaFileText(exerciseRecordJsonSchema()),
  };
}

/** `schema`: writes the JSON Schema files for editors and readers. */
export function schemaCommand(): ExitCode {
  for (const [name, text] of Object.entries(schemaFiles())) {
    if (!existsSync(join(SCHEMAS, name)) || readFileSync(join(SCHEMAS, name), 'utf8') !== text) {
      writeFileSync(join(SCHEMAS, name), text);
      print(`schema/${name} is written`);
    }
  }
  return EXIT.pass;
}
