import type { Series } from '../check/report-schema.ts';
import { formatDuration } from '../duration.ts';
import { type Bucket, drawable, totalOf } from './buckets.ts';
import { type ChartText, chartSvg } from './chart.ts';
import type { Markup } from './markup.ts';
import { colour } from './palette.ts';
import {
  background,
  LEFT,
  line,
  niceTop,
  type PlotGround,
  type Point,
  RIGHT,
  steps,
  timeAxis,
  valueAxis,
} from './plot-panels.ts';
import type { PhaseSpan } from './service-phases.ts';

export interface ViewPlot extends PlotGround {
  readonly series: Series;
  readonly bucketUs: number;
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
      xAxis: panels.map((_, i) => timeAxis(frame, i, i === 2, layout)),
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
        ...panels.map((_, i) => background(plot, i, i === 2 ? plot.targets : [])),
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

function errorLines(fail: Point[], info: Point[], own: Point[]): object[] {
  const some = (points: Point[]): boolean => points.some(([, value]) => (value ?? 0) > 0);
  return [
    { ...line(1, 'fail', 'solid', 1.6), data: fail },
    ...(some(info) ? [{ ...line(1, 'second', [5, 2.5], 1.6), data: info }] : []),
    ...(some(own) ? [{ ...line(1, 'third', [1.5, 2.5], 1.6), data: own }] : []),
  ];
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
