import { replaceFile } from '../durable-file.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { renderOscal } from '../report/oscal.ts';
import { print } from './context.ts';
import { readReport } from './judge.ts';

/** `oscal RUN --out FILE`: `report.json` as OSCAL assessment results. */
export function oscalCommand(directory: string, { out }: { readonly out: string }): ExitCode {
  replaceFile(out, renderOscal(readReport(directory)));
  print(`${out} is written`);
  return EXIT.pass;
}
