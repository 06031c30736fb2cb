import type { Series } from '../check/report-schema.ts';
import { type Bucket, drawable } from './buckets.ts';
import { type ChartText, chartSvg } from './chart.ts';
import { formatCount } from './format.ts';
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

export interface TrafficPlot extends PlotGround {
  readonly series: Series;
  readonly bucketUs: number;
  /** In the order of their panels. */
  readonly sites: readonly string[];
}

const TOP = 30;
const PANEL = 40;
const GAP = 30;

/**
 * Where a service's operations went, a panel each site on one scale, and below them how many waited for an answer. Each panel says in words what it is, so no colour
 * has to be told from another.
 */
export function trafficPlot(plot: TrafficPlot, width: number, text: ChartText): Markup {
  const wide = width > 500;
  const drawn = drawable(plot.series.buckets, plot.bucketUs, wide ? 360 : 180);
  const values = (value: (bucket: Bucket) => number | undefined): Point[] =>
    steps(
      drawn.buckets.map(
        (bucket): Point => (bucket === null ? [Number.NaN, null] : [bucket.t_us, value(bucket) ?? null]),
      ),
      drawn.bucketUs,
    );
  const panels = [
    ...plot.sites.map((site, i) => ({
      title: `${i === 0 ? 'operations a second sent to ' : 'to '}${short(site)}`,
      data: values((b) => ((b.bySite?.[site] ?? 0) * 1e6) / drawn.bucketUs),
      group: 'sent',
    })),
    { title: 'due and not yet answered, at the end of each step', data: values((b) => b.waiting), group: 'waiting' },
  ];
  const peak = (group: string): number =>
    niceTop(
      Math.max(1, ...panels.filter((one) => one.group === group).flatMap(({ data }) => data.map(([, y]) => y ?? 0))),
    );
  const tops: Readonly<Record<string, number>> = { sent: peak('sent'), waiting: peak('waiting') };
  const layout = { ticks: wide ? 12 : 6, font: wide ? 11.5 : 13 };
  const axisText = { color: colour('muted'), fontSize: layout.font };
  const topOf = (i: number): number => TOP + i * (PANEL + GAP);
  return chartSvg(
    {
      grid: panels.map((_, i) => ({ left: LEFT, right: RIGHT, top: topOf(i), height: PANEL, containLabel: false })),
      title: panels.map(({ title }, i) => ({
        text: title,
        left: LEFT - 5,
        top: topOf(i) - 23,
        padding: 5,
        textStyle: { ...axisText, fontWeight: 'normal' },
      })),
      xAxis: panels.map((_, i) => timeAxis(plot.frame, i, i === panels.length - 1, layout)),
      yAxis: panels.map(({ group }, i) => {
        const top = tops[group] ?? 1;
        return {
          ...valueAxis(i, [0, top], top, axisText),
          axisLabel: { formatter: (value: number) => formatCount(Number(value.toFixed(1))), ...axisText },
        };
      }),
      series: panels.flatMap(({ data }, i) => [
        background(plot, i),
        { ...line(i, 'main', 'solid', 1.4), data, areaStyle: { color: colour('main'), opacity: 0.22 } },
      ]),
    },
    width,
    topOf(panels.length) - GAP + 28,
    text,
  );
}

/** A name that fits beside a panel. */
function short(name: string): string {
  return name.length > 30 ? `${name.slice(0, 29)}…` : name;
}
