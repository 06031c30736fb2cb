import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { EvidenceError, EXIT, type ExitCode, InputError } from '../errors.ts';
import { shownPath } from '../evidence/bundle-files.ts';
import { readAnchors } from '../evidence/git-anchor.ts';
import type { Anchor } from '../evidence/journal-chain.ts';
import { type Keyring, readKeyring } from '../evidence/keyring.ts';
import type { Timestamp } from '../evidence/timestamp.ts';
import { type Signed, type Verified, verifyBundle } from '../evidence/verify.ts';
import { verifyAll } from '../evidence/verify-all.ts';
import type { VerifiedStatement } from '../evidence/verify-statements.ts';
import { stateDirectory } from '../platform/local/paths.ts';
import { isMasked } from '../redact/masked-files.ts';
import { registeredRuns, seriesIn } from '../run/run-register.ts';
import { shown } from '../text.ts';
import { print, requireDirectory } from './context.ts';
import type { MaskedFlags } from './redact.ts';
import { signedWords } from './signed-words.ts';

export interface VerifyFlags extends MaskedFlags {
  /** `FILE`, of a key that must have sealed it; `ROLE=FILE`, of one that must have signed a statement in that role. */
  readonly publicKey: readonly string[];
  /** Certificates of authorities whose time stamps are believed. */
  readonly tsaCa?: string;
  /** A Git remote that knows which runs were begun. */
  readonly anchor?: string;
  readonly all: boolean;
}

/** Of this user on this machine: every run that was begun, wherever its directory went. */
export function runRegister(): string {
  return join(stateDirectory(), 'runs');
}

/** `verify DIRECTORY`: a run or an exercise is what was sealed; with keys, who sealed it and who signed over it; with authorities, when. */
export async function verifyCommand(directory: string, flags: VerifyFlags): Promise<ExitCode> {
  const keys = readKeyring(flags.publicKey, flags.tsaCa);
  requireDirectory(directory);
  if (isMasked(directory)) {
    const { verifyMaskedCommand } = await import('./redact.ts');
    return verifyMaskedCommand(directory, flags, onlyKey(keys));
  }
  if (flags.original !== undefined || flags.mask !== undefined)
    throw new InputError(`${directory}: expected a masked report, got none`, {
      hint: 'npm run drill -- redact RUN --out DIRECTORY',
    });
  if (flags.all) return verifyEvery(directory, keys, flags.anchor);
  if (flags.anchor !== undefined)
    throw new InputError('--anchor asks for the runs that a remote knows: expected --all with it');
  const verified = verifyBundle(directory, keys);
  for (const line of linesOf(verified)) print(line);
  for (const { run, path, why } of verified.runs) {
    // As the exercise lists it; and what it is by itself. The exercise is signed off, and a run of it need not be.
    const one = path === null ? null : verifyListed(run, path, { ...keys, roles: [], authorities: null });
    print(`run ${run}: ${one === null ? `NOT VERIFIED: ${why}` : `as it was sealed then; ${signedWords(one.signed)}`}`);
  }
  return EXIT.pass;
}

/** With the run of which it is, before what is wrong in it. */
function verifyListed(run: string, path: string, keys: Keyring): Verified {
  try {
    return verifyBundle(path, keys);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw new EvidenceError(`run ${run}: ${error.message}`, { cause: error });
  }
}

/** A masked report has one signature, and nothing else over it. */
function onlyKey({ seal, roles, authorities }: Keyring): KeyObject | null {
  if (seal.length > 1 || roles.length > 0 || authorities !== null)
    throw new InputError(
      'a masked report is signed once, and has no statements and no time stamp: expected one --public-key FILE',
    );
  return seal[0] ?? null;
}

function linesOf(verified: Verified): readonly string[] {
  const { kind, run, files, torn, signed, manifestSha256, timestamp, intentTimestamp, anchors, statements } = verified;
  const { ran, judged } = verified.harness;
  const chain = kind === 'run' ? ', the journal’s chain is whole' : '';
  return [
    `${run}: ${files} files as they were sealed${chain}`,
    ...(torn ? ['the journal ends in the middle of a line: the run died while it wrote it'] : []),
    `manifest.json has the SHA-256 ${manifestSha256}`,
    ...(ran === judged ? [] : [`judged by the harness ${shown(judged)}, and run by ${shown(ran)}`]),
    signedWords(signed),
    ...(timestamp?.state === 'verified' ? [] : ['trusted time: none']),
    ...(timestamp === null ? [] : [timeWords('sealed', timestamp)]),
    ...(intentTimestamp === null ? [] : [timeWords('declared', intentTimestamp)]),
    ...anchors.flatMap(anchorWords),
    ...statements.flatMap(statementWords),
    statements.length === 0
      ? 'nobody signed it off here, and nothing was amended'
      : 'whether a last statement was taken away cannot be seen: ask who signed it',
  ];
}

function statementWords({ said, keyId, state, flags }: VerifiedStatement): readonly string[] {
  const { by, stated, number } = said;
  const what = said.kind === 'sign-off' ? said.decision.toUpperCase() : 'amendment';
  const words = said.kind === 'sign-off' ? said.note : said.reason;
  const attached = said.kind === 'amendment' && said.attachment !== null ? [`  with ${said.attachment.name}`] : [];
  return [
    `statement ${number}: ${what} by ${by.name} (${by.role}), ${stated} by the signer’s clock; ${
      state === 'signed' ? `signed with the key ${keyId}` : `SIGNATURE NOT CHECKED: it names the key ${keyId}`
    }`,
    ...flags.map((flag) => `  ${shown(flag)}`),
    ...(words.trim() === '' ? [] : words.split('\n').map((line) => `  “${line}”`)),
    ...attached,
  ];
}

function timeWords(what: string, { state, time, accuracyMs, by }: Timestamp): string {
  const when = `${time}${accuracyMs === null ? '' : ` (± ${accuracyMs} ms)`}`;
  return state === 'verified'
    ? `${what} by ${when}, as ${by} vouches; its revocation was not looked at`
    : `a time stamp CLAIMS, AND IS NOT VERIFIED: ${what} by ${when}, by ${by}; give --tsa-ca FILE`;
}

function anchorWords({ kind, ref, remote, why }: Anchor): readonly string[] {
  if (kind === 'none') return [`no anchor before the fault: ${shownPath(why ?? '')}`];
  if (kind === 'tsa') return [];
  return [
    `anchored before the fault, as it says: ${shownPath(ref ?? '')} in ${shownPath(remote ?? '')}; verify --all DIRECTORY --anchor REMOTE asks`,
  ];
}

/** `verify --all DIRECTORY`: each run and exercise, and whether a run is missing among them. */
async function verifyEvery(directory: string, keys: Keyring, remote: string | undefined): Promise<ExitCode> {
  const anchored = remote === undefined ? null : await readAnchors(remote, new AbortController().signal);
  const register = runRegister();
  const series = seriesIn(register);
  const local = series === null ? null : { series, runs: registeredRuns(register) };
  const { runs, gaps, masked, notes } = verifyAll(directory, keys, local, anchored);
  for (const path of masked)
    print(`${path}: a masked report, NOT VERIFIED here: npm run drill -- verify ${join(directory, path)}`);
  if (runs.length === 0 && gaps.length === 0) throw new InputError(`${directory}: no run in it`);
  for (const { path, signed, statements, problem } of runs)
    print(`${path}: ${problem ?? [SIGNED_WORD[signed], ...statements].join('; ')}`);
  for (const gap of gaps) print(gap);
  for (const note of notes) print(`note: ${note}`);
  const wrong = runs.filter(({ problem }) => problem !== null).length;
  print(`${runs.length} runs, ${wrong} of them do not verify; ${gaps.length} gaps`);
  return wrong + gaps.length === 0 ? EXIT.pass : EXIT.evidence;
}

const SIGNED_WORD: Readonly<Record<Signed['state'], string>> = {
  unsigned: 'as it was sealed, UNSIGNED',
  'not-checked': 'as it was sealed, SIGNATURE NOT CHECKED',
  signed: 'as it was sealed and signed',
};
