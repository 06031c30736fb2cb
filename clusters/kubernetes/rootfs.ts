import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PlatformError } from '../../src/errors.ts';
import { pathOf } from './requirements.ts';

/** As whom the databases run: not as root, as in a bank. */
export const USER = 999;

/** What any program expects, and a shell with its tools. */
export function fillBase(root: string): void {
  for (const directory of ['bin', 'etc', 'usr/local/bin', 'tmp', 'var/tmp'])
    mkdirSync(join(root, directory), { recursive: true });
  const busybox = pathOf('busybox');
  if (!busybox) throw new PlatformError('there is no busybox', { hint: 'apt-get install busybox-static' });
  copyFileSync(busybox, join(root, 'bin/busybox'));
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (name !== 'busybox' && !existsSync(join(root, 'bin', name))) symlinkSync('busybox', join(root, 'bin', name));
  }
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0:root:/:/bin/sh\ndrill:x:${USER}:${USER}:drill:/tmp:/bin/sh\n`);
  writeFileSync(join(root, 'etc/group'), `root:x:0:\ndrill:x:${USER}:\n`);
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
}

/** Copies every library that programs or libraries of this machine name, each to where it is here, but for those of `own`. */
export function copyLibraries(root: string, files: readonly string[], own?: string): void {
  for (const library of new Set(files.flatMap(librariesOf))) {
    if (own === undefined || !realpathSync(library).startsWith(own)) copyInto(root, library);
  }
}

function librariesOf(file: string): readonly string[] {
  const said = execFileSync('ldd', [file], { encoding: 'utf8' });
  return [...said.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1] as string);
}

/** A file, or a directory with all that is in it but `without`: not its links but what they lead to. */
export function copyInto(root: string, path: string, to = path, without?: RegExp): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  const wanted = (source: string): boolean => !without?.test(basename(source)) && existsSync(source);
  cpSync(realpathSync(path), target, { recursive: true, dereference: true, filter: wanted });
}
