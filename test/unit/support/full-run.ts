import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addStatement, type Saying } from '../../../src/evidence/add-statement.ts';
import { readAuthorities } from '../../../src/evidence/certificate-chain.ts';
import type { Keyring } from '../../../src/evidence/keyring.ts';
import { stampSealed } from '../../../src/evidence/stamp-sealed.ts';
import { stamp } from '../../../src/evidence/timestamp-request.ts';
import { sha256Hex } from '../../../src/history/chain.ts';
import { forge, keyPair, type Pair, signWith, smallRun } from './bundle.ts';
import type { Tsa } from './tsa.ts';

const NEVER = new AbortController().signal;

/** Who signs over a run, each in a role, with a key of their own. */
export interface People {
  readonly owner: Pair;
  readonly approver: Pair;
  readonly lead: Pair;
  readonly auditor: Pair;
}

export function people(): People {
  return { owner: keyPair(), approver: keyPair(), lead: keyPair(), auditor: keyPair() };
}

/** Everything that a verifier can be given. */
export function allKeys({ owner, approver, lead, auditor }: People, tsa: Tsa): Keyring {
  return {
    seal: [owner.publicKey],
    roles: [
      { role: 'approver', key: approver.publicKey },
      { role: 'test lead', key: lead.publicKey },
      { role: 'internal audit', key: auditor.publicKey },
    ],
    authorities: readAuthorities(tsa.root),
  };
}

export const STATED = '2026-11-23T09:00:00.000Z';

export const APPROVED: Saying = {
  kind: 'sign-off',
  by: { name: 'Ada Approver', role: 'approver' },
  stated: STATED,
  decision: 'approved',
  note: 'RTO as measured, with the finding below.',
};
export const AMENDED: Saying = {
  kind: 'amendment',
  by: { name: 'root', role: 'test lead' },
  stated: STATED,
  reason: 'The change ticket was CHG-2, not CHG-1.',
  attachment: { name: 'ticket.yaml', text: 'ticket: CHG-2 \u00fc\n' },
};
export const REJECTED: Saying = {
  kind: 'sign-off',
  by: { name: 'Ida Auditor', role: 'internal audit' },
  stated: STATED,
  decision: 'rejected',
  note: '',
};

export const say = (directory: string, saying: Saying, { signer }: Pair) =>
  addStatement(directory, saying, signer, NEVER);

/** A sealed run that says who ran it, and with a time stamp over its intent from before its first fault where an authority is given. */
export async function anchoredRun(
  directory: string,
  run: string,
  tsa: Tsa | null,
  operators = ['root'],
): Promise<void> {
  smallRun(directory, run);
  const anchored: { [key: string]: unknown }[] = [];
  if (tsa !== null) {
    const answer = await stamp(tsa.authority, sha256Hex(readFileSync(join(directory, 'intent.json'))), NEVER);
    writeFileSync(join(directory, 'intent.tsr'), answer);
    anchored.push({ type: 'anchored', data: { kind: 'tsa', sha256: sha256Hex(answer) } });
  }
  forge(directory, {
    journal: ([first = {}, ...rest]) => {
      const { at_us, wall } = first;
      const started = { ...first, data: { ...(first.data as object), operators } };
      return [started, ...anchored.map((event) => ({ seq: 0, at_us, wall, ...event })), ...rest];
    },
  });
}

/** A run with everything over it: signed, stamped before and after, signed off, amended, and looked at once more. */
export async function fullRun(directory: string, run: string, who: People, tsa: Tsa): Promise<void> {
  await anchoredRun(directory, run, tsa);
  await signWith(who.owner, directory);
  await stampSealed(directory, tsa.authority, NEVER);
  await say(directory, APPROVED, who.approver);
  await say(directory, AMENDED, who.lead);
  await say(directory, REJECTED, who.auditor);
}
