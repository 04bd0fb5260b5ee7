import { linesIn } from '../../shared/framing/lines-in.ts';
import type { App, QuerySettings, Signal, Source } from '../../shared/model.ts';
import { createAsk } from '../../shared/source/query/client.ts';
import { createQuerySource } from '../../shared/source/query/source.ts';
import { identity } from '../../shared/wire/clients.ts';
import { systemClock } from '../../shared/wire/clock.ts';
import type { Finding, Level } from './check.ts';

const minute = 60_000;
/** Soon an answer, not in the end one: a check is repeated by hand. What passes is not waited for either. */
const client = { wait: 30, first: minute, stall: minute / 2 };
const limits = { attempts: 2, passing: 0, doubts: 0, longestPause: 2000, longestWait: 5000 };

/**
 * Asks the query API for a minute of every signal of the app, as a run would ask for its window. The first signal
 * decides whether there is access at all; the others can still fail one by one (a table on another plan).
 */
export async function examineSource({ name, query }: App, abort: AbortSignal): Promise<Finding[]> {
  if (query === undefined) return [];
  try {
    const credential = query.auth.kind === 'identity' ? identity(query.auth, query.url) : undefined;
    const ask = createAsk(query, credential, systemClock, client);
    const source = createQuerySource({ settings: query, clock: systemClock, ask, limits });
    return await askAll(name, query, source, abort);
  } catch (error) {
    return [{ subject: 'source', level: 'fail', text: error instanceof Error ? error.message : String(error) }];
  }
}

async function askAll(app: string, query: QuerySettings, source: Source, abort: AbortSignal): Promise<Finding[]> {
  const findings: Finding[] = [];
  const say = (level: Level, text: string) => findings.push({ subject: 'source', level, text });
  const end = Math.floor((systemClock.now() - query.lag) / minute) * minute;
  let [rows, answered] = [0, 0];
  for (const signal of query.signals) {
    try {
      rows += await rowsOf(source, { app, signal, start: end - minute, end }, abort);
      answered += 1;
    } catch (error) {
      say('fail', error instanceof Error ? error.message : String(error));
      if (answered === 0) return findings;
    }
  }
  const where = `${app} at ${new URL(query.url).host}`;
  say('ok', `${where}: ${answered} signals answer; ${rows} rows of the minute before ${new Date(end).toISOString()}`);
  return findings;
}

async function rowsOf(
  source: Source,
  range: { readonly app: string; readonly signal: Signal; readonly start: number; readonly end: number },
  abort: AbortSignal,
): Promise<number> {
  const reading = await source.open({ ...range, source: 'query' }, abort);
  let [rows, open] = [0, 0];
  for await (const { bytes, answer } of reading.chunks()) {
    open = answer === 'void' ? 0 : open + linesIn(bytes);
    if (answer === 'open') continue;
    rows += open;
    open = 0;
  }
  return rows;
}
