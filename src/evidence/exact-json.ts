import { EvidenceError } from '../errors.ts';
import { shown } from '../text.ts';

/**
 * The JSON value of a file or line, which must be written as JSON.stringify writes it: compact, or with `indent` spaces and a line end. So nothing is read in two
 * ways: duplicate keys, numbers that do not survive reading, bytes after the end, another spelling. An EvidenceError that begins with `where` for all else.
 */
export function parseExact(bytes: Uint8Array, where: string, indent: 0 | 2): unknown {
  const text = strictUtf8(bytes, where);
  let value: unknown;
  let again: string | undefined;
  try {
    value = JSON.parse(text);
    again = indent === 0 ? JSON.stringify(value) : `${JSON.stringify(value, null, indent)}\n`;
  } catch (error) {
    throw new EvidenceError(`${where}: expected JSON, got ${shown(String((error as Error).message)).slice(0, 120)}`);
  }
  if (again === text) return value;
  throw new EvidenceError(
    `${where}: expected JSON as it was written, got another spelling of it (a key twice, a number that is no such number, bytes after the end, other spaces)`,
  );
}

/** Whether the members of a value stand in the order of the schema that gave `parsed`. */
export function sameOrder(parsed: unknown, value: unknown): boolean {
  return JSON.stringify(parsed) === JSON.stringify(value);
}

/** An EvidenceError for bytes that are not UTF-8. */
export function strictUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new EvidenceError(`${where}: expected UTF-8`);
  }
}
