import { describe, expect, test } from 'vitest';
import { type Observed, positionAt } from './operations.ts';
import { findOutages } from './outages.ts';
import { findRto } from './rto.ts';
import { findRestoration } from './slo.ts';
import { history, observe, RULES } from './testing.ts';
import type { Rules } from './windows.ts';

const ok = (n: number): string => '.'.repeat(n);
const bad = (n: number): string => 'x'.repeat(n);
const slow = (n: number): string => 's'.repeat(n);
/** At 100 operations a second a window lasts two seconds; with a latency objective of 100 ms. */
const rules: Rules = { ...RULES, sustainUs: 10_000_000, latency: { quantile: 0.95, op: '<', targetUs: 100_000 } };
const second = (n: number): number => n * 1_000_000;

function rto(text: string, effectiveUs: number, notAfterUs = effectiveUs, seen = observe(history(text))) {
  const disaster = { requestedUs: effectiveUs, effective: { notBefore_us: effectiveUs, notAfter_us: notAfterUs } };
  return findRto(seen, rules, findOutages(seen, rules, [effectiveUs]), disaster);
}

describe('SLO restored', () => {
  const restored = (text: string, fromUs = 0): unknown => findRestoration(observe(history(text)), rules, fromUs);
  test('is the start of the first of five consecutive windows that hold', () => {
    expect(restored(ok(2_000), 5_000)).toEqual({ state: 'restored', atUs: 5_000 });
    expect(restored(slow(200) + ok(2_000))).toEqual({ state: 'restored', atUs: second(2) });
    expect(restored(ok(800) + slow(200) + ok(2_000))).toEqual({ state: 'restored', atUs: second(10) });
  });
  test('two violating windows within `sustain` do not take it back, three do', () => {
    const long: Rules = { ...rules, sustainUs: second(20) };
    const at = (text: string): unknown => findRestoration(observe(history(text)), long, 0);
    expect(at(ok(1_000) + slow(400) + ok(2_000))).toEqual({ state: 'restored', atUs: 0 });
    expect(at(ok(1_000) + slow(600) + ok(3_000))).toEqual({ state: 'restored', atUs: second(16) });
  });
  test('three that begin after `sustain` are a breach of their own', () => {
    expect(restored(ok(1_000) + slow(600) + ok(200))).toEqual({ state: 'restored', atUs: 0 });
  });
  test('observed for less, it is unknown', () => {
    expect(restored(ok(1_000))).toMatchObject({ state: 'unknown' });
    expect(restored(ok(800))).toMatchObject({ state: 'unknown' });
    expect(restored('')).toMatchObject({ state: 'unknown' });
  });
  test('two violating windows and an incomplete one within `sustain` leave it unknown', () => {
    const long: Rules = { ...rules, sustainUs: second(15) };
    const at = (text: string): unknown => findRestoration(observe(history(text), second(16)), long, 0);
    expect(at(ok(1_000) + slow(400) + slow(100))).toMatchObject({ state: 'unknown' });
    expect(at(ok(1_000) + slow(200) + ok(200) + slow(100))).toEqual({ state: 'restored', atUs: 0 });
  });
  test('with a violating window at the end it is open', () => {
    expect(restored(slow(1_000))).toMatchObject({ state: 'open', notBeforeUs: 9_990_000 });
  });
});

describe('RTO', () => {
  test('counts from notBefore of effective to SLO restored, which is laid from the first success', () => {
    const found = rto(ok(1_000) + bad(500) + ok(2_000), second(9), second(10));
    expect(found.firstSuccessUs).toBe(15_001_000);
    expect(found.sloRestoredUs).toBe(15_001_000);
    expect(found.rto).toMatchObject({ state: 'measured', value_us: 6_001_000 });
    expect(found.rto.bounds).toEqual({ lower: 5_001_000, upper: 6_001_000 });
  });
  test('a second outage before SLO restored is part of the same recovery', () => {
    const found = rto(ok(1_000) + bad(100) + ok(500) + bad(100) + ok(2_000), second(10));
    expect(found.firstSuccessUs).toBe(11_001_000);
    expect(found.rto).toMatchObject({ state: 'measured', value_us: 7_010_000 });
    expect(found.breaches).toEqual([]);
  });
  test('one after it is a breach of its own', () => {
    const found = rto(ok(1_000) + bad(100) + ok(1_500) + bad(100) + ok(1_000), second(10));
    expect(found.rto).toMatchObject({ state: 'measured', value_us: 1_001_000 });
    expect(found.breaches).toEqual([{ downUs: second(26), us: 1_001_000, soFarUs: 1_001_000 }]);
  });
  test('is 0 only if the service never went down and no window violates', () => {
    expect(rto(ok(3_000), second(10)).rto).toMatchObject({
      state: 'none',
      value_us: 0,
      bounds: { lower: 0, upper: 0 },
    });
    const violating = rto(ok(1_000) + slow(200) + ok(2_000), second(10));
    expect(violating.rto).toMatchObject({ state: 'measured', value_us: second(2) });
    expect(rto(ok(2_000) + slow(200) + ok(2_000), second(10)).rto).toMatchObject({ value_us: second(12) });
  });
  test('never below 0', () => {
    expect(rto(ok(1_000) + bad(3) + ok(3_000), second(10)).rto.value_us).toBeGreaterThan(0);
  });
  test('is open while the outage is: as long as it was observed', () => {
    expect(rto(ok(1_000) + bad(500), second(10)).rto).toMatchObject({
      state: 'open',
      value_us: 4_990_000,
      bounds: { lower: 4_990_000, upper: null },
    });
  });
  test('an outage that began before the fault was requested leaves it unknown', () => {
    expect(rto(ok(900) + bad(500) + ok(2_000), second(10)).rto).toMatchObject({ state: 'unknown', value_us: null });
  });
  test('one that was over before the fault is known to be in force leaves it unknown', () => {
    const seen = observe(history(ok(1_000) + bad(3) + ok(3_000)));
    const disaster = { requestedUs: second(10), effective: { notBefore_us: second(12), notAfter_us: second(12) } };
    expect(findRto(seen, rules, findOutages(seen, rules, [second(10)]), disaster).rto.state).toBe('unknown');
  });
  test('what comes after the end of the observation is not seen', () => {
    const ops = history(ok(1_000) + bad(500) + ok(3_000));
    const seen: Observed = { ops, length: positionAt(ops, second(16)), reachedUs: second(16) };
    expect(rto('', second(10), second(10), seen).rto).toMatchObject({ state: 'unknown', value_us: null });
  });
});
