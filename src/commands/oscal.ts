import { replaceFile } from '../durable-file.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { renderOscal } from '../report/oscal.ts';
import { print } from './context.ts';
import { readSealedReport } from './judge.ts';

/** `oscal RUN --out FILE`: `report.json` as OSCAL assessment results. */
export async function oscalCommand(directory: string, { out }: { readonly out: string }): Promise<ExitCode> {
  replaceFile(out, renderOscal(await readSealedReport(directory)));
  print(`${out} is written`);
  return EXIT.pass;
}
