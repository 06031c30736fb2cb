import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { checksum } from '../history/checksum.ts';
import type { ExpectedWrite, ProbeClient, ProbeContext, ProbeOutcome, ProbeType } from '../probes/probe.ts';

/** A line to a site of `testing-sites.ts`. */
export interface SiteRequest {
  readonly id: number;
  readonly op: 'write' | 'read' | 'remove';
  readonly keys: readonly string[];
  readonly value: string;
}

/** Its answer: for each key what is there, null where nothing is. */
export interface SiteAnswer {
  readonly id: number;
  /** Who reads this ends at once. */
  readonly deadly: boolean;
  readonly found: readonly (string | null)[];
}

const REFUSED: ProbeOutcome = { outcome: 'fail', error: 'refused', valueSha: '' };

/** The probe of `testing-sites.ts`: one connection, opened anew when it is gone. */
export function siteProbe(): ProbeType {
  return {
    probe: 'cql',
    summary: 'rows of a store behind a socket',
    params: z.strictObject({}),
    component: 'cassandra',
    keyspaces: [],
    settings: () => ({}),
    prepare: async () => {},
    connect: async (context) => new SiteClient(context),
    async remove(context, writes) {
      await using link = new SiteClient(context);
      await link.ask('remove', keysOf(writes));
    },
    async cleanup(contexts, writes) {
      let left = 0;
      for (const op of ['remove', 'read'] as const) {
        for (const context of contexts) {
          await using link = new SiteClient(context);
          const found = await link.ask(op, keysOf(writes));
          if (op === 'read') left += found.filter((value) => value !== null).length;
        }
      }
      return { left };
    },
  };
}

function keysOf(writes: readonly ExpectedWrite[]): readonly string[] {
  return writes.map(({ key }) => key);
}

class SiteClient implements ProbeClient {
  private readonly context: ProbeContext;
  private readonly waiting = new Map<number, PromiseWithResolvers<SiteAnswer['found']>>();
  private socket: Promise<Socket> | null = null;
  private next = 0;

  constructor(context: ProbeContext) {
    this.context = context;
  }

  async invoke({ f, key, seq }: Parameters<ProbeClient['invoke']>[0]): Promise<ProbeOutcome> {
    const value = checksum(key, seq);
    let sent = false;
    try {
      const [found] = await this.ask(f, [key], value, () => {
        sent = true;
      });
      if (found === null || found === undefined) return { outcome: 'fail', error: 'absent', valueSha: '' };
      return { outcome: 'ok', error: '', valueSha: found };
    } catch {
      return sent && f === 'write' ? { outcome: 'info', error: 'reset', valueSha: '' } : REFUSED;
    }
  }

  async *readBack(expected: readonly ExpectedWrite[]): ReturnType<ProbeClient['readBack']> {
    const found = await this.ask('read', keysOf(expected));
    for (const [at, { key }] of expected.entries()) {
      const valueSha = found[at] ?? '';
      yield { key, state: valueSha === '' ? 'absent' : 'present', valueSha };
    }
  }

  /** Rejects when the site refuses, or goes before it has answered. */
  async ask(
    op: SiteRequest['op'],
    keys: readonly string[],
    value = '',
    onSent: () => void = () => {},
  ): Promise<SiteAnswer['found']> {
    this.socket ??= this.open();
    const socket = await this.socket;
    const answer = Promise.withResolvers<SiteAnswer['found']>();
    const id = this.next++;
    this.waiting.set(id, answer);
    const request: SiteRequest = { id, op, keys, value };
    socket.write(`${JSON.stringify(request)}\n`);
    onSent();
    return answer.promise;
  }

  private open(): Promise<Socket> {
    const [{ host, port }] = this.context.site.endpoints.cassandra as [{ host: string; port: number }];
    const socket = createConnection({ port, host, noDelay: true });
    const lines = createInterface({ input: socket }).on('line', (line) => {
      const { id, deadly, found } = JSON.parse(line) as SiteAnswer;
      if (deadly) process.exit(9);
      this.waiting.get(id)?.resolve(found);
      this.waiting.delete(id);
    });
    // An interface emits its input's errors again.
    lines.on('error', () => {});
    return new Promise((resolve, reject) => {
      socket.once('connect', () => resolve(socket));
      socket.on('error', reject);
      socket.once('close', () => {
        this.socket = null;
        reject(new Error('closed'));
        for (const { reject: fail } of this.waiting.values()) fail(new Error('closed'));
        this.waiting.clear();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const socket = await this.socket?.catch(() => null);
    socket?.destroy();
  }
}
