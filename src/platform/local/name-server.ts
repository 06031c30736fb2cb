import { createSocket, type Socket } from 'node:dgram';
import {
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from 'dns-packet';
import { PlatformError } from '../../errors.ts';
import type { NameFailure } from '../names.ts';
import type { LocalConfig } from './config.ts';
import { namesOf } from './names.ts';
import { addressesIn } from './places.ts';

/** RFC 1035, 4.1.1. */
const RCODE = { noerror: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;

interface Failing {
  readonly site: string;
  readonly how: NameFailure;
  failed: number;
}

/**
 * A name server for each site, behind one address: a question is for the server of the site to which the name belongs, and goes through that of the
 * site from which it comes. It knows the platform's own names and no others.
 */
export class NameServer {
  private readonly config: LocalConfig;
  private readonly zone: ReadonlyMap<string, string>;
  private socket: Socket | null = null;
  /** By the id of their fault. */
  private readonly failing = new Map<string, Failing>();

  constructor(config: LocalConfig) {
    this.config = config;
    this.zone = new Map(config.sites.flatMap((_, site) => [...namesOf(config, site)]));
  }

  /** Answers on UDP from then on, until `close`. The port is returned: with 0 it is any. */
  listen(address: string, port: number, onProblem: (problem: unknown) => void): Promise<number> {
    const socket = createSocket('udp4');
    this.socket = socket;
    socket.on('message', (packet, { address: from, port: of }) => {
      const reply = this.reply(packet, from);
      if (reply) socket.send(reply, of, from, () => {});
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, address, () => {
        socket.off('error', reject);
        socket.on('error', onProblem);
        resolve(socket.address().port);
      });
    });
  }

  close(): void {
    this.socket?.close();
    this.socket = null;
  }

  /** What is sent back for a packet from an address; null: nothing, also for what is no question. */
  reply(packet: Buffer, from: string): Buffer | null {
    try {
      return this.answer(decode(packet), from);
    } catch {
      return null;
    }
  }

  private answer({ id, type, flags = 0, questions }: DecodedPacket, from: string): Buffer | null {
    const [asked] = questions ?? [];
    if (type !== 'query' || !asked) return null;
    const name = asked.name.toLowerCase();
    const failing = this.failingAt(this.siteAt(from)) ?? this.failingAt(this.siteOf(name));
    if (failing) failing.failed += 1;
    if (failing?.how === 'silence') return null;
    const data = this.zone.get(name);
    const own = data === undefined ? (this.isOwn(name) ? 'nxdomain' : 'refused') : 'noerror';
    const rcode = RCODE[failing?.how ?? own];
    const found = rcode === RCODE.noerror && asked.type === 'A' && data !== undefined;
    return encode({
      type: 'response',
      id: id ?? 0,
      flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | (flags & RECURSION_DESIRED) | rcode,
      questions: [asked],
      answers: found ? [{ type: 'A', name: asked.name, ttl: this.config.names?.ttlSeconds ?? 0, data }] : [],
    });
  }

  private isOwn(name: string): boolean {
    const domain = this.config.names?.domain;
    return domain !== undefined && (name === domain || name.endsWith(`.${domain}`));
  }

  /** The site to which a name belongs, whether there is such a name or not. */
  private siteOf(name: string): string | undefined {
    return this.config.sites.find((site) => name.endsWith(`.${site.name}.${this.config.names?.domain}`))?.name;
  }

  /** The site of an address; undefined: outside. */
  private siteAt(address: string): string | undefined {
    return this.config.sites.find((_, index) => addressesIn(this.config, index).includes(address))?.name;
  }

  private failingAt(site: string | undefined): Failing | undefined {
    return [...this.failing.values()].find((one) => one.site === site);
  }

  /** From now on the name server of a site fails, until `mend` of the same id. */
  fail(id: string, site: string, how: NameFailure): void {
    if (!this.config.sites.some(({ name }) => name === site)) throw new PlatformError(`no site ${site}`);
    if (this.failing.has(id) || this.failingAt(site))
      throw new PlatformError(`the name server of ${site} fails already`);
    this.failing.set(id, { site, how, failed: 0 });
  }

  /** None of this id is no error. */
  mend(id: string): void {
    this.failing.delete(id);
  }

  inForce(): readonly string[] {
    return [...this.failing.keys()];
  }

  state(site: string): { readonly failing: NameFailure | null; readonly failed: number } {
    const { how = null, failed = 0 } = this.failingAt(site) ?? {};
    return { failing: how, failed };
  }
}
