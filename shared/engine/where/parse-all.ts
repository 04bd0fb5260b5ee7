import type { AskedCondition, ParsedCondition } from './conditions.ts';
import { parseCondition } from './parse.ts';
import { kqlOfSql } from './sql-to-kql.ts';

/** Parses conditions where this is called; what is none as KQL is tried as SQL. */
export const parseAll = (asked: readonly AskedCondition[]): readonly ParsedCondition[] => asked.map(answer);

function answer({ kql, columns }: AskedCondition): ParsedCondition {
  const parsed = parseCondition(kql, columns);
  if (!('fault' in parsed)) return parsed;
  const instead = kqlOfSql(kql, columns);
  const works = instead !== undefined && 'expression' in parseCondition(instead, columns);
  return works ? { ...parsed, instead } : parsed;
}
