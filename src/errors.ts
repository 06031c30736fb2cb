/** Exit codes of the command line, in one table. Of its code only its commands' main files exit; processes that the harness starts end themselves. */
export const EXIT = {
  pass: 0,
  objectiveMissed: 1,
  unknown: 2,
  aborted: 3,
  badInput: 4,
  platform: 5,
  evidence: 6,
  defect: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error with a way out: the message names the place and what was expected, `hint` says what to do. */
class DrillError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** What the user gave cannot be used: a scenario, an option, a run directory that is none. Exit code 4. */
export class InputError extends DrillError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(EXIT.badInput, message, options);
  }
}

/** The platform cannot be reached, or lacks an ability. Never a verdict about the system under test. Exit code 5. */
export class PlatformError extends DrillError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(EXIT.platform, message, options);
  }
}

/** Evidence does not verify: a file that was changed, a chain that is broken. Exit code 6. */
export class EvidenceError extends DrillError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(EXIT.evidence, message, options);
  }
}

/** Broken off before anything was done that would have to be healed or reported. Exit code 3. */
export class AbortedError extends DrillError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(EXIT.aborted, message, options);
  }
}

export function isDrillError(error: unknown): error is DrillError {
  return error instanceof DrillError;
}

/** The text of anything that was thrown, with its causes, on one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${messageOf(error.cause)}`;
  return `${error.message}${cause}`.replaceAll(/\s+/g, ' ').trim();
}

/** What to do about an error, where it says so. */
export function hintOf(error: unknown): string | undefined {
  return error instanceof DrillError ? error.hint : undefined;
}

/** Both, for where there is room for one text. */
export function messageWithHint(error: unknown): string {
  const hint = hintOf(error);
  return hint === undefined ? messageOf(error) : `${messageOf(error)} (${hint})`;
}
