import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import type { HttpDriver } from './http-driver.ts';
import { type Entry, type HttpLedger, onHttp, WORK_MS } from './http-ledger.ts';
import type { ExpectedWrite, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';

const params = z.strictObject({ ...securityShape });

const READY = '/-/ready';
/** The label that a silence of ours matches, and nothing else has. */
const LABEL = 'drill_key';
/** Longer than any run. */
const SILENT_MS = 24 * 60 * 60_000;
const EARLIER_MS = 5 * 60_000;
/** Alertmanagers tell each other of each silence at once, and of all that they have every minute, which is what counts after one was away. */
const EXCHANGED_MS = 75_000;

/** Each entry is a silence that matches its key and nothing else: of all that an Alertmanager takes it is what it keeps, and tells the others. */
const ledger: HttpLedger = {
  write: ({ key, seq, sum }) => ({
    method: 'POST',
    path: '/api/v2/silences',
    body: {
      matchers: [{ name: LABEL, value: key, isRegex: false, isEqual: true }],
      // An Alertmanager takes what is past for now, and what is to come, by its own clock, silences nothing yet.
      startsAt: new Date(Date.now() - EARLIER_MS).toISOString(),
      endsAt: new Date(Date.now() + SILENT_MS).toISOString(),
      createdBy: 'drill',
      comment: `${seq} ${sum}`,
    },
  }),
  isWritten: ({ status, body }) =>
    status === 200 && typeof (body as { silenceID?: unknown } | null)?.silenceID === 'string',
  read: (keys) => ({ method: 'GET', path: `/api/v2/silences${keys.length === 1 ? filterOf(keys[0] as string) : ''}` }),
  entries: (body) => entriesIn(body),
};

/** Creates a silence for a label of its own, and looks for the last one acknowledged. */
export const alertmanagerProbe: ProbeType = {
  probe: 'alertmanager',
  summary: 'creates a silence of its own in Alertmanager, and looks for the last one acknowledged',
  params,
  component: 'alertmanager',
  keyspaces: [],
  exchangedWithinMs: EXCHANGED_MS,
  ...onHttp('alertmanager', ledger, READY, expireAll),
};

function filterOf(key: string): string {
  return `?${new URLSearchParams({ filter: `${LABEL}=${JSON.stringify(key)}` })}`;
}

/** It keeps what has expired for a while longer (120 h), and silences nothing by it: such a one is not there. */
async function expireAll(driver: HttpDriver, writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void> {
  const keys = new Set(writes.map(({ key }) => key));
  const { status, body } = await driver.ask({ method: 'GET', path: '/api/v2/silences' }, WORK_MS);
  const silences = status === 200 ? silencesIn(body) : null;
  if (!silences) throw new PlatformError(`silences could not be listed: HTTP ${status}`);
  for (const { id, key } of silences) {
    if (!keys.has(key)) continue;
    signal.throwIfAborted();
    const answer = await driver.ask({ method: 'DELETE', path: `/api/v2/silence/${encodeURIComponent(id)}` }, WORK_MS);
    if (answer.status !== 200) throw new PlatformError(`a silence could not be ended: HTTP ${answer.status}`);
  }
}

const listSchema = z.array(
  z.object({
    id: z.string(),
    comment: z.string(),
    status: z.object({ state: z.string() }),
    matchers: z.array(z.object({ name: z.string(), value: z.string() })),
  }),
);

/** Ours of a list, those that silence something, or will. */
function silencesIn(
  body: unknown,
): readonly { readonly id: string; readonly key: string; readonly comment: string }[] | null {
  const { data } = listSchema.safeParse(body);
  if (!data) return null;
  return data.flatMap(({ id, comment, status, matchers }) => {
    const [matcher] = matchers;
    return matcher?.name === LABEL && status.state !== 'expired' ? [{ id, comment, key: matcher.value }] : [];
  });
}

function entriesIn(body: unknown): ReadonlyMap<string, Entry> | null {
  const silences = silencesIn(body);
  if (!silences) return null;
  const entries = new Map<string, Entry>();
  for (const { key, comment } of silences) {
    const [seq = '', sum = ''] = comment.split(' ');
    entries.set(key, { seq: Number(seq), sum, times: (entries.get(key)?.times ?? 0) + 1 });
  }
  return entries;
}
