import { parentPort, workerData } from 'node:worker_threads';
import type { AskedCondition, ParsedCondition } from './conditions.ts';
import { parseCondition } from './parse.ts';
import { kqlOfSql } from './sql-to-kql.ts';

/** The thread that readConditions starts: parses, answers, and is ended. */
function answer({ kql, columns }: AskedCondition): ParsedCondition {
  const parsed = parseCondition(kql, columns);
  if (!('fault' in parsed)) return parsed;
  const instead = kqlOfSql(kql, columns);
  const works = instead !== undefined && 'expression' in parseCondition(instead, columns);
  return works ? { ...parsed, instead } : parsed;
}

parentPort?.postMessage((workerData as readonly AskedCondition[]).map(answer));
