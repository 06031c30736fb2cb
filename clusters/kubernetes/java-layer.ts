import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Jdk } from '../../src/platform/local/jdk.ts';
import { type Layer, short } from './image.ts';
import { copyInto, copyLibraries, fillBase } from './rootfs.ts';

/** Where it is in the image. */
export const JAVA_HOME = '/opt/java';

/** What a JVM without a screen does not load, or only a compiler reads; the libraries among them would draw in those of X11. */
const NOT_NEEDED =
  /^(src\.zip|ct\.sym|lib(atk-wrapper|awt_xawt|jawt|splashscreen|fontmanager|jsound|lcms|mlib_image)\.so|jar\.binfmt|jexec|psfont.*)$/;

/** This machine's JDK as the base of an image, with a shell. */
export function javaLayer(jdk: Jdk): Layer {
  return {
    name: 'java',
    digest: short(JSON.stringify(['3', jdk, readFileSync(join(jdk.home, 'release'), 'utf8'), String(NOT_NEEDED)])),
    fill: (root) => {
      fillBase(root);
      for (const part of ['lib', 'conf', 'release'])
        copyInto(root, join(jdk.home, part), join(JAVA_HOME, part), NOT_NEEDED);
      for (const program of ['java', 'jcmd', 'jstack'])
        copyInto(root, join(jdk.home, 'bin', program), join(JAVA_HOME, 'bin', program));
      const libraries = ['lib', 'lib/server'].flatMap((part) =>
        readdirSync(join(root, JAVA_HOME, part))
          .filter((name) => name.endsWith('.so'))
          .map((name) => join(jdk.home, part, name)),
      );
      copyLibraries(root, [join(jdk.home, 'bin/java'), ...libraries], jdk.home);
      copyOldNames(root);
    },
  };
}

/** Names of parts of the C library that it now has inside: native code in the databases' jars still asks for them. */
function copyOldNames(root: string): void {
  for (const name of ['libdl.so.2', 'libpthread.so.0', 'librt.so.1']) {
    const library = globSync(`{/lib,/lib64,/usr/lib,/usr/lib64}/{,*-linux-gnu/}${name}`)[0];
    if (library !== undefined) copyInto(root, library);
  }
}
