import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory } from '../durable-file.ts';
import { InputError, messageOf } from '../errors.ts';
import { INTENT_TIMESTAMP, sha256 } from '../evidence/bundle-files.ts';
import { pushAnchor, shownRemote } from '../evidence/git-anchor.ts';
import { stamp, type TimestampAuthority } from '../evidence/timestamp-request.ts';
import type { EventData } from '../history/event.ts';
import type { Intent } from '../history/intent.ts';
import type { RunDirectory } from './run-directory.ts';

/** Who is to be given the intent of a run before its first fault. */
export interface Anchoring {
  /** Stamps its time; null: nobody. */
  readonly authority: TimestampAuthority | null;
  /** A Git remote that gets a tag; null: none. */
  readonly remote: string | null;
  /** Whether the run goes on without what cannot be had. */
  readonly optional: boolean;
}

type Anchored = EventData['anchored'];

/**
 * Anchors the intent of a run outside of this machine: a time stamp beside it (`intent.tsr`), a tag in a remote. Gives what stands in the journal then. Throws where
 * something cannot be had, unless it is optional; always where the signal says so. Every wait has an end.
 */
export async function anchorIntent(
  { path, run, intentSha256 }: RunDirectory,
  { authority, remote, optional }: Anchoring,
  signal: AbortSignal,
): Promise<readonly Anchored[]> {
  const anchored: Anchored[] = [];
  const attempt = async (work: () => Promise<Anchored>): Promise<void> => {
    try {
      anchored.push(await work());
    } catch (error) {
      signal.throwIfAborted();
      if (!optional)
        throw new InputError(`no anchor before the fault: ${messageOf(error)}`, {
          cause: error,
          hint: 'or go on without: --anchor-optional',
        });
      anchored.push({ kind: 'none', why: messageOf(error) });
    }
  };
  if (authority !== null)
    await attempt(async () => {
      const answer = await stamp(authority, intentSha256, signal);
      writeFileSync(join(path, INTENT_TIMESTAMP), answer, { flag: 'wx', flush: true });
      syncDirectory(path);
      return { kind: 'tsa', sha256: sha256(answer) };
    });
  if (remote !== null)
    await attempt(async () => {
      const { sequence } = JSON.parse(readFileSync(join(path, 'intent.json'), 'utf8')) as Intent;
      if (sequence === undefined) throw new InputError('this run has no counter, so there is nothing to push');
      const { series, counter } = sequence;
      const ref = await pushAnchor(remote, { series, counter, run, intentSha256 }, signal);
      return { kind: 'git', ref, remote: shownRemote(remote) };
    });
  return anchored;
}
