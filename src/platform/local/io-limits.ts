import { existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError } from '../../errors.ts';
import type { GroupHome } from './group-home.ts';

/** Bytes a second; null: as many as the disk takes. */
export interface Speed {
  readonly readBps: number | null;
  readonly writeBps: number | null;
}

/** Since the group was made, of one device. */
export interface Traffic {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

type Version = GroupHome['version'];

/** The files of v1: a line a device, and a limit of 0 is none (blkio controller, cgroups(7)). */
const OLD = { readBps: 'blkio.throttle.read_bps_device', writeBps: 'blkio.throttle.write_bps_device' } as const;
const OLD_TRAFFIC = 'blkio.throttle.io_service_bytes';
/** The files of v2. */
const MAX = 'io.max';
const STAT = 'io.stat';

/** Limits what the processes of a group read from and write to a device (`major:minor`). */
export function limitSpeed(group: string, version: Version, device: string, { readBps, writeBps }: Speed): void {
  if (version === 2) {
    writeFileSync(join(group, MAX), `${device} rbps=${readBps ?? 'max'} wbps=${writeBps ?? 'max'}`);
    return;
  }
  writeFileSync(join(group, OLD.readBps), `${device} ${readBps ?? 0}`);
  writeFileSync(join(group, OLD.writeBps), `${device} ${writeBps ?? 0}`);
}

/** What the kernel says the limits are. */
export function speedOf(group: string, version: Version, device: string): Speed {
  if (version === 1)
    return { readBps: oldLimit(group, OLD.readBps, device), writeBps: oldLimit(group, OLD.writeBps, device) };
  const line = lineOf(group, MAX, device);
  return { readBps: numberIn(line, 'rbps'), writeBps: numberIn(line, 'wbps') };
}

export function trafficOf(group: string, version: Version, device: string): Traffic {
  if (version === 2) {
    const line = lineOf(group, STAT, device);
    return { readBytes: numberIn(line, 'rbytes') ?? 0, writtenBytes: numberIn(line, 'wbytes') ?? 0 };
  }
  const of = (way: string): number => Number(lineOf(group, OLD_TRAFFIC, `${device} ${way}`).trim() || 0);
  return { readBytes: of('Read'), writtenBytes: of('Write') };
}

/** Lifts every limit of a group, of whatever device: a process that waits for one can end then. */
export function liftSpeeds(group: string): void {
  for (const file of Object.values(OLD))
    for (const [device] of linesOf(group, file)) writeFileSync(join(group, file), `${device} 0`);
  for (const [device] of linesOf(group, MAX)) writeFileSync(join(group, MAX), `${device} rbps=max wbps=max`);
}

/** As `diskUnder`; a PlatformError where there is none. */
export function requireDisk(directory: string): string {
  const disk = diskUnder(directory);
  if (typeof disk === 'string') throw new PlatformError(`no disk can be made slow: ${disk}`);
  return disk.device;
}

/**
 * The disk under a directory as the kernel numbers it (`major:minor`; of a partition its disk, for limits are a disk's), or in words why none can be limited:
 * a file system in memory, or one of layers, is on no disk of its own.
 */
export function diskUnder(
  directory: string,
  devices = '/sys/dev/block',
  numberOf = (path: string): number => statSync(path).dev,
): { readonly device: string } | string {
  const number = majorMinor(numberOf(directory));
  const entry = join(devices, number);
  if (!existsSync(entry))
    return `the file system of ${directory} is on no disk that the kernel could limit (${number})`;
  if (!existsSync(join(entry, 'partition'))) return { device: number };
  // The partition stands in the directory of its disk.
  return { device: readFileSync(join(dirname(realpathSync(entry)), 'dev'), 'utf8').trim() };
}

/** Of the number that stat(2) gives (makedev(3)). */
function majorMinor(dev: number): string {
  const number = BigInt(dev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}

function oldLimit(group: string, file: string, device: string): number | null {
  return Number(lineOf(group, file, device).trim()) || null;
}

/** What follows the beginning of the line that begins so; empty where there is none. */
function lineOf(group: string, file: string, beginning: string): string {
  const line = linesOf(group, file).find((words) => words.join(' ').startsWith(`${beginning} `));
  return line?.join(' ').slice(beginning.length) ?? '';
}

function linesOf(group: string, file: string): readonly (readonly string[])[] {
  const path = join(group, file);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => line.trim().split(/\s+/));
}

/** `name=value` among words; `max`, and nothing, is null. */
function numberIn(words: string, name: string): number | null {
  const value = new RegExp(`(?:^| )${name}=(\\d+)`).exec(words)?.[1];
  return value === undefined ? null : Number(value);
}
