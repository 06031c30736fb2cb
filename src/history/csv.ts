/** The end of a record in RFC 4180. Readers take a bare LF as well. */
const CSV_EOL = '\r\n';

/** One field of RFC 4180: quoted only where it must be. */
function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One record of RFC 4180, with its line end. */
export function csvLine(fields: readonly (string | number)[]): string {
  return fields.map(csvField).join(',') + CSV_EOL;
}

/** A whole number of microseconds or an ordinal, as it stands in a file. An Error that names the column otherwise. */
export function csvInteger(column: string, value: number, min = 0): number {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new Error(`column ${column}: expected a whole number from ${min}, got ${value}`);
  }
  return value;
}

/** The fields of one record of RFC 4180 without line breaks inside fields, with or without its line end. An Error for a stray quote. */
export function parseCsvLine(line: string): string[] {
  const text = line.replace(/\r?\n$/, '');
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (;;) {
    const match = field.exec(text);
    if (!match) throw new Error(`expected a record of RFC 4180, got ${text}`);
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
}
