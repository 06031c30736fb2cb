import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../durable-file.ts';
import { EvidenceError, InputError } from '../errors.ts';
import { refusedIn } from '../refused-words.ts';
import { isAmong } from '../same-name.ts';
import { readWhole, STATEMENTS, sha256, statementPath } from './bundle-files.ts';
import { keyIdOf } from './dsse.ts';
import {
  type Amendment,
  type HumanStatement,
  parseStatement,
  renderStatement,
  type SignOff,
} from './human-statement.ts';
import { NO_KEYS } from './keyring.ts';
import { signPayload } from './sign.ts';
import type { Signer } from './signing-key.ts';
import { verifyBundle } from './verify.ts';

type Common = 'number' | 'previous' | 'about';
/** What a person says; where it stands follows from what is there. */
export type Saying =
  | ({ readonly kind: 'sign-off' } & Omit<SignOff, Common>)
  | ({ readonly kind: 'amendment' } & Omit<Amendment, Common>);

const MAX_STATEMENTS = 9999;

/**
 * Signs a sign-off or an amendment over the manifest of a sealed run or exercise, and puts it beside what is sealed, which stays as it is. Gives its file and the
 * id of the key. An EvidenceError when the directory does not verify; an InputError for a sign-off by who ran it, by a tester who was declared (of an exercise: who ran
 * or tested any of its runs that are here), or with the key that sealed it, for words that a report must not use, for a text that cannot be shown, and when another statement is made at the same time.
 */
export async function addStatement(
  directory: string,
  saying: Saying,
  signer: Signer,
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly keyId: string }> {
  const { statements, signed, manifestSha256, run: id, makers, environments } = verifyBundle(directory, NO_KEYS);
  const { operators, testers } = makers;
  const keyId = keyIdOf(signer.publicKey);
  if (saying.kind === 'sign-off') {
    const { name } = saying.by;
    const hint = 'what the test lead has to add is an amendment: npm run drill -- amend RUN';
    if (operators !== null && isAmong(name, operators))
      throw new InputError(`${name} ran it: expected a sign-off by somebody else`, { hint });
    if (isAmong(name, testers))
      throw new InputError(`${name} was declared as a tester: expected a sign-off by somebody else`, { hint });
    if (signed.state !== 'unsigned' && signed.keyId === keyId)
      throw new InputError(`the key ${keyId} sealed it: expected a sign-off with a key of the approver’s own`, {
        hint: 'npm run drill -- keygen DIRECTORY makes a pair',
      });
  }
  refusePromises(saying, environments);
  const number = statements.length + 1;
  if (number > MAX_STATEMENTS) throw new InputError(`${directory}: has ${MAX_STATEMENTS} statements already`);
  const last = statements.at(-1)?.path;
  const previous = last === undefined ? null : sha256(readWhole(directory, last));
  const payload = renderStatement(inOrder(saying, { number, previous, about: id }), manifestSha256);
  refuseUnreadable(payload);
  const path = statementPath(number);
  const text = await signPayload(payload, signer, signal);
  try {
    mkdirSync(join(directory, STATEMENTS), { recursive: true });
    writeFileSync(join(directory, path), text, { flag: 'wx', flush: true });
    syncDirectory(join(directory, STATEMENTS));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      code === 'EEXIST' ? `${path}: somebody else made one meanwhile` : `${path}: cannot be written (${code})`,
      { cause: error, hint: 'look at what is there, then again: npm run drill -- verify RUN' },
    );
  }
  return { path, keyId };
}

function inOrder(saying: Saying, at: { number: number; previous: string | null; about: string }): HumanStatement {
  const { by, stated } = saying;
  const common = { ...at, by: { name: by.name, role: by.role }, stated };
  return saying.kind === 'sign-off'
    ? { kind: 'sign-off', ...common, decision: saying.decision, note: saying.note }
    : { kind: 'amendment', ...common, reason: saying.reason, attachment: saying.attachment };
}

/** What is signed stands in the report afterwards, and may promise no more than the report itself. */
function refusePromises(saying: Saying, environments: readonly string[]): void {
  const { note, reason, file } =
    saying.kind === 'sign-off'
      ? { note: saying.note, reason: '', file: '' }
      : { note: '', reason: saying.reason, file: `${saying.attachment?.name ?? ''}\n${saying.attachment?.text ?? ''}` };
  for (const [flag, text] of Object.entries({ note, reason, file })) {
    const [refused] = refusedIn(text, environments);
    if (refused !== undefined)
      throw new InputError(`--${flag}: a report does not say "${refused.word}"`, { hint: refused.instead });
  }
}

/** What nobody could read again is not signed. */
function refuseUnreadable(payload: Buffer): void {
  try {
    parseStatement(payload, 'what was given');
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    throw new InputError(
      'what was given cannot be signed: expected a name, a role without / and =, and a reason where it is an amendment; no control characters; at most 200, 100 and 10 000 characters, and 256 KiB of a file',
    );
  }
}
