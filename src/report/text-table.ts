/** Text without line ends and control characters, which a terminal would obey; ESC among them. */
export function oneLine(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
      .trim()
  );
}

/** Cut to a width in characters, with an ellipsis where something is missing. */
function cutTo(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}\u2026`;
}

/** A paragraph of lines that are no wider than `width`, each after the first indented. */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text)
    .split(' ')
    .flatMap((whole) => pieces(whole, width - indent.length))) {
    const start = lines.length === 0 ? '' : indent;
    if (line === '') line = start + word;
    else if ([...line].length + 1 + [...word].length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const characters = [...word];
  if (characters.length <= width) return [word];
  return Array.from({ length: Math.ceil(characters.length / width) }, (_, i) =>
    characters.slice(i * width, (i + 1) * width).join(''),
  );
}

export interface TextColumn {
  readonly head: string;
  readonly align?: 'right';
}

/**
 * Rows of plain text in columns two blanks apart. Where they do not fit into `width`, the widest columns give way: their cells are cut.
 * `paint` colours a cell after it was laid out.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: (text: string, row: number, column: number) => string = (text) => text,
): string[] {
  const cells = rows.map((row) => columns.map((_, i) => oneLine(row[i] ?? '')));
  const widths = columns.map((column, i) =>
    Math.max(column.head.length, ...cells.map((row) => [...(row[i] ?? '')].length)),
  );
  const gaps = 2 * (columns.length - 1);
  while (widths.reduce((sum, w) => sum + w, gaps) > width && Math.max(...widths) > 6) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  const pad = (text: string, i: number): string => {
    const cut = cutTo(text, widths[i] ?? 0);
    const blanks = ' '.repeat((widths[i] ?? 0) - [...cut].length);
    return columns[i]?.align === 'right' ? blanks + cut : cut + blanks;
  };
  return [
    columns
      .map((column, i) => pad(column.head, i))
      .join('  ')
      .trimEnd(),
    ...cells.map((row, r) => {
      const filled = row.findLastIndex((cell) => cell !== '');
      const shown = row.slice(0, filled + 1).map(pad);
      return shown.map((cell, c) => paint(c === filled ? cell.trimEnd() : cell, r, c)).join('  ');
    }),
  ];
}
