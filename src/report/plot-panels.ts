import type { FaultReport, View } from '../check/report-schema.ts';
import { formatAxisTime } from './format.ts';
import { colour } from './palette.ts';
import { type TimeFrame, timeTicks } from './time-axis.ts';

/** What lies behind the data of every plot over time. */
export interface PlotGround {
  readonly frame: TimeFrame;
  readonly faults: readonly FaultReport[];
  readonly view: View | null;
}

export const LEFT = 58;
export const RIGHT = 12;

export type Point = [number, number | null];

/** The axis of time below a panel; with its labels under the last one. */
export function timeAxis(
  frame: TimeFrame,
  gridIndex: number,
  labels: boolean,
  { ticks, font }: { readonly ticks: number; readonly font: number },
): object {
  const customValues = timeTicks(frame, ticks);
  const muted = { color: colour('muted') };
  return {
    type: 'value',
    gridIndex,
    min: frame.fromUs,
    max: frame.toUs,
    axisLine: { show: true, onZero: false, lineStyle: muted },
    axisTick: { show: true, customValues, lineStyle: muted },
    axisLabel: {
      show: labels,
      customValues,
      formatter: (us: number) => formatAxisTime(us - frame.originUs),
      hideOverlap: true,
      ...muted,
      fontSize: font,
    },
    splitLine: { show: false },
  };
}

/** The next round number for the top of an axis. */
export function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 5, 10].find((m) => m * power >= value) ?? 10) * power;
}

/** A bucket's value holds from its start to its end. */
export function steps(points: readonly Point[], bucketUs: number): Point[] {
  return points.flatMap(([t, value]): Point[] => [
    [t, value],
    [t + bucketUs, value],
  ]);
}

/** An axis of values with a line at each `interval`. */
export function valueAxis(
  gridIndex: number,
  range: readonly [number, number],
  interval: number,
  axisText: object,
): object {
  return {
    type: 'value',
    gridIndex,
    min: range[0],
    max: range[1],
    interval,
    axisLabel: { formatter: (value: number) => String(Number(value.toFixed(1))), ...axisText },
    splitLine: { lineStyle: { color: colour('grid') } },
  };
}

/** A line of one panel, without symbols. */
export function line(
  panel: number,
  name: 'main' | 'second' | 'third' | 'fail',
  type: string | number[],
  width: number,
): object {
  return {
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    showSymbol: false,
    silent: true,
    connectNulls: false,
    lineStyle: { color: colour(name), width, type, join: 'round' },
    itemStyle: { color: colour(name) },
  };
}

/** Bands and lines behind the data: the outages, the time the fault was in force, its request, the targets. */
export function background(
  plot: PlotGround,
  panel: number,
  targetLines: readonly { readonly us: number }[] = [],
): object {
  const { frame } = plot;
  const clip = (us: number): number => Math.min(Math.max(us, frame.fromUs), frame.toUs);
  const band = (fromUs: number, toUs: number, name: 'bandFault' | 'bandOutage'): object[] => [
    { xAxis: clip(fromUs), itemStyle: { color: colour(name), opacity: 1 } },
    { xAxis: clip(toUs) },
  ];
  const inForce = plot.faults
    .filter((fault) => fault.effective !== null)
    .map((fault) => band(fault.effective?.notBefore_us ?? 0, fault.gone?.notAfter_us ?? frame.toUs, 'bandFault'));
  const outages = (plot.view?.outages ?? []).map((outage) =>
    band(outage.down_us, outage.up_us ?? frame.toUs, 'bandOutage'),
  );
  const edges = plot.faults.flatMap((fault) => [
    ...(fault.requested === null
      ? []
      : [
          { xAxis: clip(fault.requested.notBefore_us), lineStyle: { type: 'solid', width: 1.2, color: colour('ink') } },
        ]),
    ...(fault.gone === null
      ? []
      : [{ xAxis: clip(fault.gone.notAfter_us), lineStyle: { type: [2, 3], width: 1.2, color: colour('ink') } }]),
  ]);
  const targets = targetLines.map((target) => ({
    yAxis: target.us,
    lineStyle: { color: colour('ink'), type: [8, 3, 2, 3], width: 1.2 },
  }));
  return {
    type: 'line',
    xAxisIndex: panel,
    yAxisIndex: panel,
    data: [],
    silent: true,
    markArea: { silent: true, label: { show: false }, data: [...inForce, ...outages] },
    markLine: { silent: true, symbol: 'none', label: { show: false }, data: [...edges, ...targets] },
  };
}
