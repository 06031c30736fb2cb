import type { FaultReport, Series, View } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { type Bucket, drawable, totalOf } from './buckets.ts';
import { type ChartText, chartSvg } from './chart.ts';
import { formatAxisTime } from './format.ts';
import type { Markup } from './markup.ts';
import { colour } from './palette.ts';
import type { PhaseSpan } from './service-phases.ts';
import { type TimeFrame, timeTicks } from './time-axis.ts';

export interface ViewPlot {
  readonly series: Series;
  readonly view: View | null;
  readonly bucketUs: number;
  readonly frame: TimeFrame;
  readonly faults: readonly FaultReport[];
  readonly phases: readonly PhaseSpan[];
  /** Latency targets to draw: `P95 < 100 ms`. */
  readonly targets: readonly { readonly us: number; readonly label: string }[];
  /** Latency range of every view, so that plots side by side can be compared, microseconds. */
  readonly latencyRange: readonly [number, number];
}

/** Places of the three panels of one plot, in its own pixels. */
interface Layout {
  readonly width: number;
  readonly ticks: number;
  readonly points: number;
  readonly font: number;
  readonly ratio: Panel;
  readonly errors: Panel;
  readonly latency: Panel;
  readonly height: number;
}
interface Panel {
  readonly top: number;
  readonly height: number;
}

const LEFT = 58;
const RIGHT = 12;

export const WIDE: Layout = {
  width: 860,
  ticks: 12,
  points: 360,
  font: 11.5,
  ratio: { top: 46, height: 70 },
  errors: { top: 148, height: 62 },
  latency: { top: 244, height: 186 },
  height: 458,
};
export const NARROW: Layout = {
  width: 420,
  ticks: 6,
  points: 180,
  font: 13,
  ratio: { top: 48, height: 60 },
  errors: { top: 140, height: 52 },
  latency: { top: 224, height: 150 },
  height: 402,
};

type Point = [number, number | null];

/** Success ratio, errors a second and latency of one view, above each other on one time axis. */
export function viewPlot(plot: ViewPlot, layout: Layout, text: ChartText): Markup {
  const { frame } = plot;
  const drawn = drawable(plot.series.buckets, plot.bucketUs, layout.points);
  const points = (value: (bucket: Bucket) => number | null, at = 0.5): Point[] =>
    drawn.buckets.map((bucket) =>
      bucket === null ? [Number.NaN, null] : [bucket.t_us + drawn.bucketUs * at, value(bucket)],
    );
  const perSecond = (value: (bucket: Bucket) => number): Point[] =>
    steps(
      points((b) => (value(b) * 1e6) / drawn.bucketUs, 0),
      drawn.bucketUs,
    );
  const ratio = steps(
    points((b) => (totalOf(b) === 0 ? null : (100 * b.ok) / totalOf(b)), 0),
    drawn.bucketUs,
  );
  const fail = perSecond((b) => b.fail);
  const info = perSecond((b) => b.info);
  const own = perSecond((b) => b.shed + b.gaps);
  const peak = Math.max(0, ...[...fail, ...info, ...own].map(([, value]) => value ?? 0));
  const panels = [layout.ratio, layout.errors, layout.latency];
  const errorTop = peak === 0 ? 1 : niceTop(peak);
  const titles = [
    'success, % of operations',
    peak === 0 ? 'errors a second: none' : 'errors a second',
    ['response time, ok', ...plot.targets.map((target) => target.label)].join('; \u2500\u00b7\u2500 '),
  ];
  const axisText = { color: colour('muted'), fontSize: layout.font };
  return chartSvg(
    {
      grid: panels.map((panel) => ({
        left: LEFT,
        right: RIGHT,
        top: panel.top,
        height: panel.height,
        containLabel: false,
      })),
      title: [
        ...phaseTitles(plot, layout),
        ...panels.map((panel, i) => ({
          text: titles[i],
          left: LEFT - 5,
          top: panel.top - 23,
          padding: 5,
          textStyle: { ...axisText, fontWeight: 'normal' },
        })),
      ],
      xAxis: panels.map((_, i) => ({
        type: 'value',
        gridIndex: i,
        min: frame.fromUs,
        max: frame.toUs,
        axisLine: { show: true, onZero: false, lineStyle: { color: colour('muted') } },
        axisTick: { show: true, customValues: timeTicks(frame, layout.ticks), lineStyle: { color: colour('muted') } },
        axisLabel: {
          show: i === 2,
          customValues: timeTicks(frame, layout.ticks),
          formatter: (us: number) => formatAxisTime(us - frame.originUs),
          hideOverlap: true,
          ...axisText,
        },
        splitLine: { show: false },
      })),
      yAxis: [
        valueAxis(0, [0, 100], 50, axisText),
        valueAxis(1, [0, errorTop], errorTop, axisText),
        {
          type: 'log',
          gridIndex: 2,
          min: plot.latencyRange[0],
          max: plot.latencyRange[1],
          axisLabel: { formatter: (us: number) => formatDuration(Math.round(us)), ...axisText },
          axisLine: { show: false },
          axisTick: { show: false },
          splitLine: { lineStyle: { color: colour('grid') } },
        },
      ],
      series: [
        ...panels.map((_, i) => background(plot, i)),
        { ...line(0, 'main', 'solid', 1.6), data: ratio },
        ...errorLines(fail, info, own),
        {
          type: 'scatter',
          xAxisIndex: 2,
          yAxisIndex: 2,
          symbol: 'circle',
          symbolSize: layout.width > 500 ? 2.4 : 2,
          itemStyle: { color: colour('third') },
          silent: true,
          data: points((b) => atLeastOne(b.max)).filter(([, value]) => value !== null),
        },
        { ...line(2, 'third', [1.5, 2.5], 1.4), data: points((b) => atLeastOne(b.p50)) },
        { ...line(2, 'second', [5, 2.5], 1.3), data: points((b) => atLeastOne(b.p99)) },
        { ...line(2, 'main', 'solid', 2), data: points((b) => atLeastOne(b.p95)) },
      ],
    },
    layout.width,
    layout.height,
    text,
  );
}

function atLeastOne(us: number | null): number | null {
  return us === null ? null : Math.max(1, us);
}

function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 5, 10].find((m) => m * power >= value) ?? 10) * power;
}

/** A bucket's value holds from its start to its end. */
function steps(points: readonly Point[], bucketUs: number): Point[] {
  return points.flatMap(([t, value]): Point[] => [
    [t, value],
    [t + bucketUs, value],
  ]);
}

function valueAxis(gridIndex: number, range: readonly [number, number], interval: number, axisText: object): object {
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

function line(
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

function errorLines(fail: Point[], info: Point[], own: Point[]): object[] {
  const some = (points: Point[]): boolean => points.some(([, value]) => (value ?? 0) > 0);
  return [
    { ...line(1, 'fail', 'solid', 1.6), data: fail },
    ...(some(info) ? [{ ...line(1, 'second', [5, 2.5], 1.6), data: info }] : []),
    ...(some(own) ? [{ ...line(1, 'third', [1.5, 2.5], 1.6), data: own }] : []),
  ];
}

/** Bands and lines behind the data: the outages, the time the fault was in force, its request, the targets. */
function background(plot: ViewPlot, panel: number): object {
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
  const targets =
    panel === 2
      ? plot.targets.map((target) => ({
          yAxis: target.us,
          lineStyle: { color: colour('ink'), type: [8, 3, 2, 3], width: 1.2 },
        }))
      : [];
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

/** The names of the phases above the panels, where there is room for them. */
function phaseTitles(plot: ViewPlot, layout: Layout): object[] {
  const { frame, phases } = plot;
  const scale = (layout.width - LEFT - RIGHT) / (frame.toUs - frame.fromUs);
  const x = (us: number): number => LEFT + (Math.min(Math.max(us, frame.fromUs), frame.toUs) - frame.fromUs) * scale;
  return phases
    .filter((phase) => x(phase.toUs) - x(phase.fromUs) > (phase.phase.length + 2) * layout.font * 0.56)
    .map((phase) => ({
      text: phase.phase,
      left: x(phase.fromUs),
      top: 2,
      padding: [3, 4],
      textStyle: { color: colour('ink'), fontSize: layout.font, fontWeight: 'normal' },
    }));
}
