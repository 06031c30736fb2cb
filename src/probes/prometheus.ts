import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { compress } from 'snappyjs';
import { z } from 'zod';
import { PlatformError } from '../errors.ts';
import { batches } from './batches.ts';
import type { HttpDriver, HttpRequest } from './http-driver.ts';
import { BATCH, type Entry, type HttpLedger, onHttp, WORK_MS } from './http-ledger.ts';
import type { ExpectedWrite, ProbeType } from './probe.ts';
import { securityShape } from './security.ts';

const params = z.strictObject({ ...securityShape });

const METRIC = 'drill_ledger';
const READY = '/-/ready';
/** Longer than any run: what is asked for is a sample, whenever it was written. */
const BACK = '30d';
/** And as of an hour from now: a Prometheus whose clock is behind would else not see what was just written. */
const AHEAD_S = 3_600;

/** Each entry is a series of its own with one sample: its value is the number, and its labels are key and checksum. */
const ledger: HttpLedger = {
  write: ({ key, seq, sum }) => ({
    method: 'POST',
    path: '/api/v1/write',
    body: compress(writeRequest({ __name__: METRIC, key, sum }, seq, Date.now())),
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
  }),
  isWritten: ({ status }) => status === 204,
  read: (keys) => ({
    method: 'POST',
    path: '/api/v1/query',
    body: new URLSearchParams({
      query: `last_over_time(${selectorOf(keys)}[${BACK}])`,
      time: (Date.now() / 1_000 + AHEAD_S).toFixed(3),
    }),
  }),
  entries: entriesIn,
};

/** Writes a sample through the remote-write receiver, and reads the last one acknowledged by a query. */
export const prometheusProbe: ProbeType = {
  probe: 'prometheus',
  summary: 'writes a sample of its own to Prometheus (remote write), and queries the last one acknowledged',
  params,
  component: 'prometheus',
  keyspaces: [],
  apart: true,
  ...onHttp('prometheus', ledger, READY, deleteAll),
};

/** By the administration's interface, which deletes series. */
async function deleteAll(driver: HttpDriver, writes: readonly ExpectedWrite[], signal: AbortSignal): Promise<void> {
  for (const batch of batches(writes, BATCH)) {
    signal.throwIfAborted();
    const { status } = await driver.ask(deletion(batch), WORK_MS);
    if (status !== 204)
      throw new PlatformError(`samples could not be deleted: HTTP ${status}`, {
        hint: 'Prometheus needs --web.enable-admin-api for what the probe has written to be deleted again',
      });
  }
}

function deletion(writes: readonly ExpectedWrite[]): HttpRequest {
  const body = new URLSearchParams({ 'match[]': selectorOf(writes.map(({ key }) => key)) });
  return { method: 'POST', path: '/api/v1/admin/tsdb/delete_series', body };
}

/** The series of these keys. A matcher of PromQL is anchored at both ends; its string is one of Go's, and what is in it a regular expression of RE2. */
export function selectorOf(keys: readonly string[]): string {
  const pattern = keys.map((key) => key.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')).join('|');
  return `${METRIC}{key=~${JSON.stringify(pattern)}}`;
}

/** `WriteRequest` of the remote-write protocol 0.1.0 with one sample: https://prometheus.io/docs/specs/prw/remote_write_spec/. Labels in the order of their names. */
export function writeRequest(labels: Readonly<Record<string, string>>, value: number, atMs: number): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  for (const [name, text] of Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    writer
      .tag(1, WireType.LengthDelimited)
      .fork()
      .tag(1, WireType.LengthDelimited)
      .string(name)
      .tag(2, WireType.LengthDelimited)
      .string(text)
      .join();
  writer
    .tag(2, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Bit64)
    .double(value)
    .tag(2, WireType.Varint)
    .int64(atMs)
    .join();
  return writer.join().finish();
}

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({
        metric: z.object({ key: z.string(), sum: z.string() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

function entriesIn(body: unknown): ReadonlyMap<string, Entry> | null {
  const { data } = answerSchema.safeParse(body);
  if (!data) return null;
  return new Map(data.data.result.map(({ metric, value }) => [metric.key, { seq: Number(value[1]), sum: metric.sum }]));
}
