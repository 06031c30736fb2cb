/** What the package `drill-history-check` offers: the judge, the format, and the corpus. */
export { type CheckOptions, checkRun, renderReportJson } from '../check/check.ts';
export { exitOf } from '../check/exit-code.ts';
export { type Report, VERDICTS, type Verdict } from '../check/report-schema.ts';
export { chainLines, type LooseEvent } from '../history/chain-lines.ts';
export { declare, type Intent } from '../history/intent.ts';
export { objectiveSchema, type Plan, planSchema } from '../scenario/plan.ts';
export { assembleRun } from './assemble.ts';
export { compareWithExpected, corpusCases, type Expected, readExpected } from './expected.ts';
export { type CorpusResult, type Judge, judgeByCommand, judgeCorpus } from './judge-corpus.ts';
export { planFrom } from './neutral-plan.ts';
