import { randomBytes } from 'node:crypto';
import { EvidenceError, InputError, messageOf } from '../errors.ts';
import { der, TAG } from './der.ts';
import { argvOf, runPipeCommand } from './pipe-command.ts';
import { MAX_TIMESTAMP_BYTES, nonceOf, verifyTimestamp } from './timestamp.ts';

/** What asks a time stamping authority: a TimeStampReq goes in, a TimeStampResp comes back, both DER. */
export interface TimestampAuthority {
  ask(request: Buffer, signal: AbortSignal): Promise<Buffer>;
}

export interface TimestampFlags {
  /** Address of an authority (RFC 3161, 3.4: HTTP). */
  readonly tsa?: string;
  /** A command as a JSON array, for authorities that want more than a POST: the request on standard input, the answer on standard output. */
  readonly tsaCommand?: string;
}

const ASK_MS = 30_000;
const WHAT = 'the answer of the time stamping authority';

/** Who stamps times; null: nobody was named. An InputError for an address or command that is none; it does not repeat them. */
export function authorityOf({ tsa, tsaCommand }: TimestampFlags): TimestampAuthority | null {
  if (tsa !== undefined && tsaCommand !== undefined) throw new InputError('expected --tsa or --tsa-command, got both');
  if (tsaCommand !== undefined) {
    const argv = argvOf(tsaCommand);
    if (argv === null) throw new InputError('--tsa-command: expected a command as a JSON array of texts');
    return { ask: (request, signal) => runPipeCommand('--tsa-command', argv, request, MAX_TIMESTAMP_BYTES, signal) };
  }
  if (tsa === undefined) return null;
  const url = URL.canParse(tsa) ? new URL(tsa) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new InputError('--tsa: expected an address such as http://tsa.example.org/tsr, without a user in it', {
      hint: 'what needs a password goes by --tsa-command',
    });
  return { ask: (request, signal) => post(url, request, signal) };
}

/**
 * Asks for a time stamp over a SHA-256, and gives the answer once it is over this digest and this question (its nonce), with a signature that holds. Whether
 * its certificate is to be trusted is for who verifies. An InputError for all else.
 */
export async function stamp(authority: TimestampAuthority, sha256: string, signal: AbortSignal): Promise<Buffer> {
  const nonce = randomBytes(8);
  nonce[0] = ((nonce[0] as number) & 0x7f) | 0x40;
  try {
    const answer = await authority.ask(requestFor(sha256, nonce), signal);
    verifyTimestamp(answer, sha256, WHAT, null);
    if (nonceOf(answer, WHAT)?.equals(nonce) !== true)
      throw new EvidenceError(`${WHAT}: is one to another question (its nonce is another)`);
    return answer;
  } catch (error) {
    throw new InputError(`no time stamp: ${messageOf(error)}`, {
      cause: error,
      hint: 'nothing that was sealed changed; again: npm run drill -- timestamp RUN --tsa URL',
    });
  }
}

/** TimeStampReq: version 1, SHA-256, with a nonce and the wish for the certificate (RFC 3161, 2.4.1). */
function requestFor(sha256: string, nonce: Uint8Array): Buffer {
  const oid = Buffer.from('0609608648016503040201', 'hex');
  const imprint = der(
    TAG.sequence,
    der(TAG.sequence, oid, Buffer.of(5, 0)),
    der(TAG.octets, Buffer.from(sha256, 'hex')),
  );
  const version = der(TAG.integer, Buffer.of(1));
  return der(TAG.sequence, version, imprint, der(TAG.integer, nonce), der(TAG.boolean, Buffer.of(0xff)));
}

async function post(url: URL, request: Buffer, signal: AbortSignal): Promise<Buffer> {
  const late = AbortSignal.timeout(ASK_MS);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query' },
      body: new Uint8Array(request),
      redirect: 'error',
      signal: AbortSignal.any([signal, late]),
    });
    if (!answer.ok || answer.body === null) throw new Error(`${url.host} answered ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > MAX_TIMESTAMP_BYTES) throw new Error(`${url.host} answered more than ${MAX_TIMESTAMP_BYTES} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw late.aborted ? new Error(`${url.host} gave no answer within ${ASK_MS / 1000} s`) : error;
  }
}
