import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Canonical JSON (RFC 8785). An Error for what has none: lone surrogates, NaN, integers beyond 2⁵³. */
export function canonicalJson(value: unknown): string {
  refuseUnsafeIntegers(value);
  const text = canonicalize(value);
  if (text === undefined) throw new Error('canonical JSON: expected a JSON value, got undefined');
  return text;
}

/** The hash of a journal line: over the canonical JSON of the line without `hash`. */
export function lineHash(line: { readonly [key: string]: unknown }): string {
  const { hash: _, ...rest } = line;
  return sha256Hex(canonicalJson(rest));
}

function refuseUnsafeIntegers(value: unknown): void {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      throw new Error(`canonical JSON: expected integers up to 2^53, got ${value}`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) refuseUnsafeIntegers(child);
  }
}
