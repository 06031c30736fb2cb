/** Asks name servers from where it is run: `{ id, name, server, ms }`, a line of JSON, is answered by `{ id, answer }`. It ends with its standard input. */
import { createInterface } from 'node:readline';
import { answerFor } from '../ask-name.ts';
import type { NameQuestion } from './asker.ts';

createInterface({ input: process.stdin }).on('line', (line) => void answer(line));

async function answer(line: string): Promise<void> {
  const { id, name, server, ms } = JSON.parse(line) as NameQuestion & { readonly id: number };
  const word = await answerFor(name, server, ms);
  process.stdout.write(`${JSON.stringify({ id, answer: word })}\n`);
}
