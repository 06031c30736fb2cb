import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { EXIT, type ExitCode, InputError } from '../errors.ts';
import { addStatement, type Saying } from '../evidence/add-statement.ts';
import { DECISIONS, type Decision } from '../evidence/human-statement.ts';
import type { SigningSecrets } from '../evidence/signing-key.ts';
import { print, requireDirectory } from './context.ts';
import { requireSigner, type SignFlags } from './evidence.ts';

interface ByFlags extends SignFlags {
  /** Who says it. */
  readonly by: string;
  readonly role: string;
}

export interface SignOffFlags extends ByFlags {
  readonly decision: string;
  readonly note: string;
}

export interface AmendFlags extends ByFlags {
  readonly reason: string;
  readonly file?: string;
}

const MAX_FILE_BYTES = 262_144;

/** `sign-off RUN`: somebody who did not run it approves or rejects the result, with a key of their own. */
export async function signOffCommand(
  directory: string,
  { decision, note, ...flags }: SignOffFlags,
  secrets: SigningSecrets,
): Promise<ExitCode> {
  if (!isDecision(decision)) throw new InputError(`--decision: expected ${DECISIONS.join(' or ')}, got ${decision}`);
  return say(directory, { kind: 'sign-off', ...spokenBy(flags), decision, note }, flags, secrets);
}

/** `amend RUN`: what is to be known beside what was sealed. */
export async function amendCommand(
  directory: string,
  { reason, file, ...flags }: AmendFlags,
  secrets: SigningSecrets,
): Promise<ExitCode> {
  const attachment = file === undefined ? null : { name: basename(file), text: readText(file) };
  return say(directory, { kind: 'amendment', ...spokenBy(flags), reason, attachment }, flags, secrets);
}

async function say(directory: string, saying: Saying, flags: SignFlags, secrets: SigningSecrets): Promise<ExitCode> {
  const signer = requireSigner(flags, secrets);
  requireDirectory(directory);
  const { path, keyId } = await addStatement(directory, saying, signer, new AbortController().signal);
  print(`${path}: signed with the key ${keyId}; what was sealed is as it was`);
  return EXIT.pass;
}

function spokenBy({ by, role }: ByFlags): { by: { name: string; role: string }; stated: string } {
  return { by: { name: by.trim(), role: role.trim() }, stated: new Date().toISOString() };
}

function isDecision(text: string): text is Decision {
  return (DECISIONS as readonly string[]).includes(text);
}

function readText(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > MAX_FILE_BYTES)
    throw new InputError(`${file}: expected a text file of at most ${MAX_FILE_BYTES} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    throw new InputError(`${file}: expected a text file in UTF-8`, { cause: error });
  }
}
