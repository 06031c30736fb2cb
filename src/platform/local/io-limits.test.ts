import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskUnder, liftSpeeds, limitSpeed, speedOf, trafficOf } from './io-limits.ts';

let group = '';
beforeEach(() => {
  group = mkdtempSync(join(tmpdir(), 'drill-io-'));
});
afterEach(() => rmSync(group, { recursive: true, force: true }));

const put = (file: string, text: string): void => writeFileSync(join(group, file), text);
const written = (file: string): string => readFileSync(join(group, file), 'utf8');
const NONE = { readBps: null, writeBps: null };

test('v1: a line for each way, in which nothing is a limit of 0', () => {
  limitSpeed(group, 1, '254:0', { readBps: null, writeBps: 8_000 });
  expect(written('blkio.throttle.read_bps_device')).toBe('254:0 0');
  expect(written('blkio.throttle.write_bps_device')).toBe('254:0 8000');
  expect(speedOf(group, 1, '254:0')).toEqual({ readBps: null, writeBps: 8_000 });
  expect(speedOf(group, 1, '254:1')).toEqual(NONE);
  expect(speedOf(group, 1, '25:0')).toEqual(NONE);
  liftSpeeds(group);
  expect(speedOf(group, 1, '254:0')).toEqual(NONE);
});

test('v1: what went through the disk, of this device and no total', () => {
  put(
    'blkio.throttle.io_service_bytes',
    '254:0 Read 4096\n254:0 Write 716800\n254:0 Total 720896\n8:0 Write 5\nTotal 720901\n',
  );
  expect(trafficOf(group, 1, '254:0')).toEqual({ readBytes: 4_096, writtenBytes: 716_800 });
  expect(trafficOf(group, 1, '7:0')).toEqual({ readBytes: 0, writtenBytes: 0 });
});

test('v2: both ways in one line, in which nothing is max', () => {
  limitSpeed(group, 2, '254:0', { readBps: 5_000_000, writeBps: null });
  expect(written('io.max')).toBe('254:0 rbps=5000000 wbps=max');
  put('io.max', '254:0 rbps=5000000 wbps=max riops=max wiops=max\n');
  expect(speedOf(group, 2, '254:0')).toEqual({ readBps: 5_000_000, writeBps: null });
  put('io.stat', '254:0 rbytes=12 wbytes=4096 rios=1 wios=1 dbytes=0 dios=0\n');
  expect(trafficOf(group, 2, '254:0')).toEqual({ readBytes: 12, writtenBytes: 4_096 });
  liftSpeeds(group);
  expect(written('io.max')).toBe('254:0 rbps=max wbps=max');
});

test('a group without limits, or none at all, has nothing to lift', () => {
  liftSpeeds(group);
  liftSpeeds(join(group, 'none'));
  expect(trafficOf(group, 2, '254:0')).toEqual({ readBytes: 0, writtenBytes: 0 });
});

test('the disk under a directory; of a partition its disk', () => {
  const devices = join(group, 'dev');
  mkdirSync(devices);
  mkdirSync(join(group, 'block/sda/sda1'), { recursive: true });
  put('block/sda/dev', '8:0\n');
  put('block/sda/sda1/dev', '8:1\n');
  put('block/sda/sda1/partition', '1\n');
  symlinkSync('../block/sda', join(devices, '8:0'));
  symlinkSync('../block/sda/sda1', join(devices, '8:1'));
  expect(diskUnder('/data', devices, () => 0x800)).toEqual({ device: '8:0' });
  expect(diskUnder('/data', devices, () => 0x801)).toEqual({ device: '8:0' });
});

test('a file system that is on no disk, in memory or of layers, is said to be so', () => {
  expect(diskUnder('/data', join(group, 'none'), () => 0x2b)).toBe(
    'the file system of /data is on no disk that the kernel could limit (0:43)',
  );
});

test('the numbers of a device, also large ones (makedev(3))', () => {
  expect(diskUnder('/data', group, () => 0x100_fe12)).toContain('(254:4114)');
});
