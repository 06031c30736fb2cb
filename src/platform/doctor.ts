import { messageOf, PlatformError } from '../errors.ts';
import type { FurtherComponent } from './components.ts';
import { examine, type Finding } from './doctor-checks.ts';
import { type Machine, thisMachine } from './doctor-machine.ts';
import { distributionOf, installCommands, installLine, type Need, packageOf } from './doctor-packages.ts';

const FIX = 'npm run doctor -- --fix';
const INSTALL_MS = 20 * 60_000;

/**
 * Says what this machine has and lacks for the local platform, a line each: `ok`, `warning` or `missing`, and what helps. With `fix` it installs
 * packages (as root; an ordinary user is told what root must do), fetches the jars and builds the archives of classes. True when nothing that is
 * needed is missing; on another system than Linux that is everything which works there. `further`: components that only some scenarios need, which are fetched when
 * a platform first needs them where nobody asks for them here.
 */
export async function runDoctor(
  {
    fix,
    further = [],
    write,
  }: { readonly fix: boolean; readonly further?: readonly FurtherComponent[]; readonly write: (line: string) => void },
  machine: Machine = thisMachine(),
): Promise<boolean> {
  if (machine.system !== 'linux') {
    for (const line of ELSEWHERE) write(line);
    return true;
  }
  let findings = await examine(machine);
  if (fix && (await install(findings, machine, write))) findings = await examine(machine);
  for (const finding of findings) tell(finding, write);
  if (fix) tellRoot(findings, machine, write);
  const jars = await provideJars(machine, fix, write);
  tell(jars, write);
  const fetched: Finding[] = [];
  for (const component of further) fetched.push(await provideComponent(component, machine, fix, write));
  for (const one of fetched) tell(one, write);
  const archives = await provideArchives(machine, fix && ready([...findings, jars]), write);
  if (archives) tell(archives, write);
  return ready([...findings, jars, ...fetched]);
}

const ELSEWHERE = [
  'ok       validate, plan, check, report and verify work on this system',
  'ok       run needs Linux: open .devcontainer/devcontainer.json in a container, or limactl start ./lima.yaml',
];

function ready(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'missing');
}

function tell(finding: Finding, write: (line: string) => void): void {
  const help = finding.state === 'ok' ? '' : ` → ${finding.help.line}`;
  write(`${finding.state.padEnd(8)} ${finding.name}: ${finding.detail}${help}`);
}

/** Of what is in these states. */
function neededPackages(
  findings: readonly Finding[],
  states: readonly Finding['state'][] = ['missing'],
): readonly Need[] {
  const needs = findings.flatMap((one) =>
    one.state !== 'ok' && states.includes(one.state) ? (one.help.need ?? []) : [],
  );
  return [...new Set(needs)];
}

/** Installs what packages give, if this is root, also what only some need; true when it tried. */
async function install(
  findings: readonly Finding[],
  machine: Machine,
  write: (line: string) => void,
): Promise<boolean> {
  const distribution = distributionOf(machine.read('/etc/os-release') ?? '');
  if (!machine.root || !distribution) return false;
  let tried = false;
  // Apart: what only some need must not keep the rest from being installed.
  for (const state of ['missing', 'warning'] as const) {
    const packages = neededPackages(findings, [state]).flatMap((need) => packageOf(need, distribution) ?? []);
    if (packages.length === 0) continue;
    tried = true;
    for (const command of installCommands(distribution.manager, packages)) {
      write(`         ${command.join(' ')}`);
      const { code, output } = await machine.run(command, {
        timeoutMs: INSTALL_MS,
        env: { DEBIAN_FRONTEND: 'noninteractive' },
      });
      if (code !== 0) write(`         it failed: ${output.trim().split('\n').slice(-3).join(' | ')}`);
    }
  }
  return tried;
}

/** An ordinary user cannot install: exactly what root must do once. */
function tellRoot(findings: readonly Finding[], machine: Machine, write: (line: string) => void): void {
  if (machine.root) return;
  const needs = neededPackages(findings);
  const distribution = distributionOf(machine.read('/etc/os-release') ?? '');
  const lines = [
    ...(needs.length > 0 ? [installLine(needs, distribution, false)] : []),
    ...findings.flatMap((one) => (one.state === 'missing' && one.help.byRoot && !one.help.need ? [one.help.line] : [])),
  ];
  if (lines.length === 0) return;
  write('once, by somebody who may act as root (then run this again):');
  for (const line of lines) write(`  ${line}`);
}

async function provideJars(machine: Machine, fix: boolean, write: (line: string) => void): Promise<Finding> {
  const name = 'jars of Cassandra and JanusGraph';
  const jdk = machine.jdk();
  const missing = (detail: string, line: string): Finding => ({ name, state: 'missing', detail, help: { line } });
  if (fix && jdk && !machine.jarsAreFetched()) {
    try {
      await machine.fetchJars(jdk, (line) => write(`         ${line}`));
    } catch (error) {
      return missing(
        messageOf(error),
        'check the network, or the mirrors and proxy of ~/.m2/settings.xml, and run it again',
      );
    }
  }
  return machine.jarsAreFetched() ? { name, state: 'ok', detail: 'fetched' } : missing('not fetched yet', FIX);
}

async function provideComponent(
  component: FurtherComponent,
  machine: Machine,
  fix: boolean,
  write: (line: string) => void,
): Promise<Finding> {
  const jdk = machine.jdk();
  const missing = (detail: string, line: string): Finding => ({
    name: component,
    state: 'missing',
    detail,
    help: { line },
  });
  if (fix && jdk && !machine.componentIsFetched(component)) {
    try {
      await machine.fetchComponent(component, jdk, (line) => write(`         ${line}`));
    } catch (error) {
      const hint = error instanceof PlatformError ? error.hint : undefined;
      const line = hint ?? 'check the network, or the mirrors and proxy of ~/.m2/settings.xml, and run it again';
      return missing(messageOf(error), line);
    }
  }
  return machine.componentIsFetched(component)
    ? { name: component, state: 'ok', detail: 'fetched' }
    : missing('not fetched yet: a platform that needs it fetches it', `${FIX} --with ${component}`);
}

/** Null where there is nothing to say of them yet. Without them everything works, and starts more slowly. */
async function provideArchives(
  machine: Machine,
  build: boolean,
  write: (line: string) => void,
): Promise<Finding | null> {
  const name = 'archives of classes';
  const jdk = machine.jdk();
  if (!jdk || !machine.jarsAreFetched()) return null;
  const warning = (detail: string, line: string): Finding => ({ name, state: 'warning', detail, help: { line } });
  if (build && !machine.archivesAreBuilt(jdk)) {
    if (await machine.platformIsUp()) {
      return warning('not built while a platform is up', `npm run drill -- platform down && ${FIX}`);
    }
    try {
      await machine.buildArchives(jdk, (line) => write(`         ${line}`));
    } catch (error) {
      return warning(`not built: ${messageOf(error)}`, FIX);
    }
  }
  return machine.archivesAreBuilt(jdk)
    ? { name, state: 'ok', detail: 'built' }
    : warning('not built: the platform starts without them, more slowly', FIX);
}
