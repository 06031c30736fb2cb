import type { Unread } from '../trend/read-runs.ts';
import { type History, type ScenarioHistory, shiftOf } from '../trend/series.ts';
import { formatWall, plural } from './format.ts';
import { oneLine, textTable, wrap } from './text-table.ts';
import { figureWords, lookedWords, RULE, shiftWords, stateWords, targetWords } from './trend-words.ts';
import { lossWords, VERDICT_ICON, VERDICT_WORD } from './wording.ts';

/** Every run of each scenario over time, for a terminal: its figures, where a series is broken, and what became worse. */
export function renderHistory(
  history: History,
  unread: readonly Unread[],
  options: { readonly width: number },
): string {
  const width = Math.min(100, Math.max(40, options.width));
  const blocks = history.scenarios.map((scenario) => scenarioBlock(scenario, width));
  const parts = [
    ...(blocks.length === 0 ? ['No run was found.'] : blocks),
    ...(blocks.length === 0 ? [] : [shiftsBlock(history, width)]),
    ...(unread.length === 0 ? [] : [unreadBlock(unread, width)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function scenarioBlock({ scenario, steps, series }: ScenarioHistory, width: number): string {
  const head = ['RUN', 'STARTED (UTC)', 'VERDICT', 'ENDED, SEAL', 'LOST'].map((text) => ({ head: text }));
  const runs = steps.map(({ run }, i) => [
    String(i + 1),
    formatWall(run.started).replace(/ UTC$/, ''),
    `${VERDICT_ICON[run.verdict]} ${VERDICT_WORD[run.verdict]}`,
    stateWords(run),
    lossWords(run.lost?.lost ?? null, run.lost?.ledger ?? 0).large,
  ]);
  const breaks = steps.flatMap(({ breaks }, i) =>
    breaks.length === 0 ? [] : wrap(`- broken before run ${i + 1}: ${breaks.join('; ')}`, width, '  '),
  );
  return [
    ...wrap(`${scenario}: ${plural(steps.length, 'run')}, oldest first`, width),
    '',
    ...textTable(head, runs, width),
    '',
    ...figureTables(steps.length, series, width),
    ...breaks,
  ].join('\n');
}

/** The figures of every run, in as many tables as it takes that none of them is cut. */
function figureTables(runs: number, series: ScenarioHistory['series'], width: number): string[] {
  const all = series.map(({ name, figures }) => ({
    name: oneLine(name),
    cells: [...figures.map(figureWords), lastTarget(figures)],
  }));
  const first = [...Array.from({ length: runs }, (_, i) => String(i + 1)), 'target'];
  const tables: (typeof all)[] = [];
  let used = 0;
  for (const column of all) {
    const wide = 2 + Math.max(...[column.name, ...column.cells].map((text) => [...text].length));
    const last = tables.at(-1);
    if (last === undefined || used + wide > width) {
      tables.push([column]);
      used = 'target'.length + wide;
    } else {
      last.push(column);
      used += wide;
    }
  }
  return tables.flatMap((columns, t) => [
    ...(t === 0 ? [] : ['']),
    ...textTable(
      [{ head: 'RUN' }, ...columns.map(({ name }) => ({ head: name, align: 'right' as const }))],
      first.map((text, i) => [text, ...columns.map(({ cells }) => cells[i] ?? '')]),
      width,
    ),
  ]);
}

/** The target that the newest run had. */
function lastTarget(figures: ScenarioHistory['series'][number]['figures']): string {
  const last = figures.findLast((figure) => figure !== null);
  return last === undefined || last === null ? '' : targetWords(last);
}

function shiftsBlock(history: History, width: number): string {
  const all = history.scenarios.flatMap(({ scenario, series }) =>
    series.flatMap((one) => {
      const shift = shiftOf(history, one);
      return shift === null ? [] : [{ scenario, name: one.name, shift }];
    }),
  );
  const lines = all.flatMap(({ scenario, name, shift }) =>
    wrap(`- ${shift.kind}: ${scenario}, ${name}: ${shiftWords(shift)}`, width, '  '),
  );
  return [
    'What became worse',
    ...(lines.length === 0 ? ['  nothing that the rule sees'] : lines),
    ...wrap(lookedWords(history.shifts), width),
    ...wrap(RULE, width),
  ].join('\n');
}

function unreadBlock(unread: readonly Unread[], width: number): string {
  const lines = unread.flatMap(({ path, why }) => wrap(`- ${path}: ${why}`, width, '  '));
  return [`Not read: ${plural(unread.length, 'directory', 'directories')}`, ...lines].join('\n');
}
