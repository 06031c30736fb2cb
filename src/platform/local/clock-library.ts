import { existsSync, readFileSync } from 'node:fs';
import { PlatformError } from '../../errors.ts';
import { distributionOf, installLine } from '../doctor-packages.ts';

/** Debian's names of the architectures on which Node runs. */
const TRIPLETS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  s390x: 's390x-linux-gnu',
};

/** libfaketime for programs with several threads, where distributions keep it; null when it is not installed. */
export function findClockLibrary(
  exists: (path: string) => boolean = existsSync,
  architecture: string = process.arch,
): string | null {
  const triplet = TRIPLETS[architecture];
  const parents = [...(triplet ? [`/usr/lib/${triplet}`] : []), '/usr/lib64', '/usr/lib', '/usr/local/lib'];
  const paths = parents.flatMap((parent) =>
    ['faketime', 'libfaketime'].map((directory) => `${parent}/${directory}/libfaketimeMT.so.1`),
  );
  return paths.find((path) => exists(path)) ?? null;
}

/** The same; a PlatformError with the line that installs it when it is not there. */
export function requireClockLibrary(): string {
  const found = findClockLibrary();
  if (found !== null) return found;
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  throw new PlatformError('clocks that can be set need libfaketime, which is not installed', {
    hint: installLine(['libfaketime'], distributionOf(release), process.getuid?.() === 0),
  });
}
