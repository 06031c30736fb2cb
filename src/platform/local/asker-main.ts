/** Asks name servers from where it is run. */
import { answerFor } from '../ask-name.ts';
import type { NameQuestion } from './asker.ts';
import { serveQuestions } from './helper-process.ts';

serveQuestions(({ name, server, ms }: NameQuestion) => answerFor(name, server, ms));
