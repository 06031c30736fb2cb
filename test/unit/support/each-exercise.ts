import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { exerciseOf, LISTED_RUN } from './exercise.ts';
import { Tsa } from './tsa.ts';

/** What the tests of a file have: an exercise of one run, with the run beside it, made anew for each; all is removed after the last. */
export class EachExercise {
  readonly base: string;
  readonly tsa = new Tsa();
  /** The directory of reports, the exercise in it, and its run. */
  reports = '';
  exercise = '';
  run = '';

  constructor(name: string) {
    this.base = mkdtempSync(join(tmpdir(), `drill-${name}-`));
    let copies = 0;
    beforeEach(() => {
      copies += 1;
      this.reports = join(this.base, `reports-${copies}`);
      this.exercise = join(this.reports, exerciseOf(this.reports));
      this.run = join(this.reports, 'site-failover', LISTED_RUN);
    });
    afterAll(() => {
      for (const directory of [this.base, this.tsa.directory]) rmSync(directory, { recursive: true, force: true });
    });
  }
}
