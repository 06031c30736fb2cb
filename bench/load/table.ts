import type { Group } from './generators.ts';
import type { Figures } from './measure.ts';

/** The same in another order each round: what comes first warms the server for the next. */
export function rotated<T>(all: readonly T[], round: number): readonly T[] {
  const from = round % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}

/** The middle one, of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values have no median');
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const at = (index: number): number => sorted[index] as number;
  return Number.isInteger(half) ? (at(half - 1) + at(half)) / 2 : at(Math.floor(half));
}

/** A group as Markdown: medians over the rounds with the least and the most, and the ratio of CPU to the first's. */
export function tableOf({ title, rate, generators }: Group, found: ReadonlyMap<string, readonly Figures[]>): string {
  const of = (name: string): readonly Figures[] => found.get(name) ?? [];
  const cpu = (name: string): number => median(of(name).map(({ cpuUs }) => cpuUs));
  const ours = generators[0] ? cpu(generators[0].name) : Number.NaN;
  const rows = generators.map(({ name }, at) => {
    const rounds = of(name);
    const operations = sum(rounds.map((one) => one.operations));
    const dropped = sum(rounds.map((one) => one.dropped));
    return [
      name + client(rounds),
      spread(rounds.map(({ cpuUs }) => cpuUs)),
      at === 0 ? '' : (ours / cpu(name)).toFixed(2),
      spread(rounds.map(({ latenessP50Us }) => latenessP50Us)),
      spread(rounds.map(({ latenessP99Us }) => latenessP99Us)),
      `${((100 * dropped) / (operations + dropped)).toFixed(2)} %`,
      `${((100 * sum(rounds.map((one) => one.notOk))) / operations).toFixed(2)} %`,
      spread(rounds.map(({ serverCpuUs }) => serverCpuUs)),
    ];
  });
  const head = [
    ...[`${title}, ${rate}/s`, 'CPU an operation, µs', 'ours / it', 'late P50, µs', 'late P99, µs'],
    ...['dropped', 'not ok', 'CPU of the servers, µs'],
  ];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(Math.round);
  return `${Math.round(median(values))} (${least}–${most})`;
}

/** Of the harness's probe: the part of its client process. */
function client(rounds: readonly Figures[]): string {
  const own = rounds.flatMap(({ clientCpuUs }) => clientCpuUs ?? []);
  return own.length === 0 ? '' : `; its client alone ${Math.round(median(own))} µs`;
}
