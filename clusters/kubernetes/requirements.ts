import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PlatformError } from '../../src/errors.ts';
import { findJdk, JAVA_MAJOR } from '../../src/platform/local/jdk.ts';
import { run } from './run.ts';

/** What each package is needed for, by a program of it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  conntrack: 'conntrack',
  busybox: 'busybox-static',
  socat: 'socat',
  ip: 'iproute2',
  nft: 'nftables',
  openssl: 'openssl',
  unshare: 'util-linux',
};

/** Where systems keep the plugins of the container network. */
const CNI_HOMES = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];

export function cniHome(): string | null {
  return CNI_HOMES.find((home) => existsSync(join(home, 'ptp'))) ?? null;
}

export function pathOf(program: string): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const paths = directories.filter(Boolean).map((directory) => join(directory, program));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new PlatformError(
    'clusters of real nodes are for root only: they mount, and make namespaces and control groups',
    {
      hint: 'run it as root, on a machine that is yours to try things on',
    },
  );
}

function missingPackages(): readonly string[] {
  const missing = Object.entries(PROGRAMS).flatMap(([program, name]) => (pathOf(program) ? [] : [name]));
  return cniHome() ? missing : [...missing, 'containernetworking-plugins'];
}

/** A PlatformError with the one line that helps where something is missing; with `fix` that line is run. */
export async function requirePackages(fix: boolean, say: (line: string) => void): Promise<void> {
  const missing = missingPackages();
  if (missing.length > 0) {
    const line = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing];
    const hint = `${line.join(' ')}, or npm run kubernetes:build -- --fix`;
    if (!fix) throw new PlatformError(`this machine lacks ${missing.join(', ')}`, { hint });
    say(line.join(' '));
    await withoutServices(async () => {
      await run(['apt-get', 'update', '-qq'], { timeout: 300_000 });
      await run(line, { timeout: 600_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    });
    const still = missingPackages();
    if (still.length > 0)
      throw new PlatformError(`after its installation this machine still lacks ${still.join(', ')}`);
  }
  if (!findJdk()) {
    throw new PlatformError(`this machine lacks a JDK ${JAVA_MAJOR}`, { hint: 'npm run doctor -- --fix' });
  }
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Packages of Debian start what they install, unless this file says no. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  if (existsSync(POLICY)) return work();
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    rmSync(POLICY);
  }
}
