import type { KeyObject } from 'node:crypto';
import { join, relative, resolve } from 'node:path';
import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { NO_KEYS } from '../evidence/keyring.ts';
import type { SigningSecrets } from '../evidence/signing-key.ts';
import { verifyBundle } from '../evidence/verify.ts';
import { readMask, writeMask } from '../redact/mask.ts';
import { compareWithOriginal, writeMaskedReport } from '../redact/masked-bundle.ts';
import { maskedId } from '../redact/masked-manifest.ts';
import { verifyMasked } from '../redact/verify-masked.ts';
import { print } from './context.ts';
import { type SignFlags, signerFor } from './evidence.ts';
import { signedWords } from './signed-words.ts';

export interface RedactFlags extends SignFlags {
  readonly out: string;
  readonly mask?: string;
}

/** `redact RUN --out DIRECTORY`: the report of a run or an exercise with its names masked, to be handed on; the mask stays with its owner. */
export async function redactCommand(run: string, flags: RedactFlags, secrets: SigningSecrets): Promise<ExitCode> {
  const { out } = flags;
  const file = flags.mask ?? `${out.replace(/[\\/]+$/, '')}.mask.json`;
  for (const [directory, what] of [
    [out, 'is handed on'],
    [run, 'is sealed'],
  ] as const) {
    if (!relative(resolve(directory), resolve(file)).startsWith('..'))
      throw new InputError(`${file}: the mask says what every name is, and ${directory} ${what}`, {
        hint: 'give a file elsewhere: --mask FILE',
      });
  }
  const signer = signerFor(flags, secrets);
  const mask = readMask(file);
  const { original, files, schema } = await writeMaskedReport(run, out, mask, signer, new AbortController().signal);
  writeMask(file, mask);
  print(
    `${join(out, schema === 'drill/masked/1' ? 'report.html' : 'exercise.html')} and ${files.length} more files; ${mask.size} names, addresses and words are masked`,
  );
  print(`of what was sealed under the manifest.json with the SHA-256 ${original.manifestSha256}`);
  print(`${file}: what each mask hides, for its owner alone; --mask FILE gives the same names the same masks again`);
  print(signer === null ? 'unsigned' : 'signed: masked.dsse.json');
  for (const { run: id, path, why } of verifyBundle(run, NO_KEYS).runs)
    if (path === null)
      print(`run ${id}: ${why}, so a name that it alone knows is masked only where it is no ordinary word`);
  const ordinary = mask.ordinary();
  if (ordinary.length > 0)
    print(`words of the reports themselves, so what stands around them may betray them: ${ordinary.join(', ')}`);
  print('look at it before you hand it on: a name that is an ordinary word, and stands in no plan, is not masked');
  return EXIT.pass;
}

/** Of a masked report: the run and the mask that it must have been made of. */
export interface MaskedFlags {
  readonly original?: string;
  readonly mask?: string;
}

/** `verify DIRECTORY` of a masked report; `key`: of who must have signed it, null: nobody is asked for. */
export function verifyMaskedCommand(
  directory: string,
  { original, mask }: MaskedFlags,
  key: KeyObject | null,
): ExitCode {
  if ((original === undefined) !== (mask === undefined))
    throw new InputError('expected both --original RUN and --mask FILE, or none');
  const verified = verifyMasked(directory, key);
  const { manifest, manifestSha256, signed } = verified;
  print(`${maskedId(manifest)}, masked: ${manifest.files.length} files as they were written`);
  print(`masked.json has the SHA-256 ${manifestSha256}`);
  print(`of what was sealed under the manifest.json with the SHA-256 ${manifest.original.manifestSha256}`);
  if (original !== undefined && mask !== undefined) {
    compareWithOriginal(directory, verified, original, readMask(mask));
    print(`it is the report of ${original} under this mask, to the byte`);
  }
  print(signedWords(signed));
  return EXIT.pass;
}
