import type { Endpoint } from './platform.ts';

interface PostedScript {
  readonly gremlin: string;
  readonly bindings?: Readonly<Record<string, unknown>>;
  /** It may run for so long, also where the server's own limit is shorter; absent: for as long as the server lets any. */
  readonly withinMs?: number;
}

/** Posts a script to a JanusGraph server, over a connection of its own: the status of its answer, and the text, GraphSON. Rejects when there is none by the signal. */
export async function postScript(
  { host, port }: Endpoint,
  { gremlin, bindings = {}, withinMs }: PostedScript,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  // Over HTTP a request has no field for its limit: the server looks for these words in the script.
  const limit = withinMs === undefined ? '' : `g.with('evaluationTimeout', ${withinMs}L)\n`;
  const answer = await fetch(`http://${host}:${port}/gremlin`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ gremlin: `${limit}${gremlin}`, bindings }),
    signal,
  });
  return { status: answer.status, text: await answer.text() };
}
