import type { Shaping, Signal } from '../../model.ts';
import { columnsOf } from '../../signals/columns-of.ts';
import { signals } from '../../signals/tables.ts';
import type { ConditionColumn, Expression } from './expression.ts';
import type { ConditionText, Parsed } from './parse.ts';
import { parseApart } from './parse-apart.ts';

/** What rows of a signal stay, and the columns that may be asked about. */
export interface RowCondition {
  readonly expression: Expression;
  readonly columns: readonly ConditionColumn[];
}

export interface Conditions {
  /** What is wrong with the settings' conditions: a sentence each. */
  readonly faults: readonly string[];
  /** Undefined: all rows stay. */
  of(signal: Signal): RowCondition | undefined;
}

type Parse = (texts: readonly ConditionText[]) => readonly Parsed[] | Promise<readonly Parsed[]>;

/** All conditions of the settings. Where there is none, nothing is loaded. */
export async function readConditions({ signals: shapes }: Shaping, parse: Parse = parseApart): Promise<Conditions> {
  const written = signals.flatMap((signal) => {
    const { where = [], promote = [] } = shapes[signal] ?? {};
    const columns: ConditionColumn[] = columnsOf(signal).map(({ name, type }) => ({ name, type }));
    for (const { as, type } of promote) if (columns.every(({ name }) => name !== as)) columns.push({ name: as, type });
    return where.map(({ setting, kql }) => ({ signal, setting, kql, columns }));
  });
  const parsed = await parseOnce(written, parse);
  const faults = written.flatMap(({ signal, setting, kql }, index) => {
    const found = parsed[index];
    const what = `${setting} must be a KQL condition on the columns of ${signal}`;
    return found && 'fault' in found ? [`${what}: ${found.fault}; it is ${JSON.stringify(kql)}`] : [];
  });
  return {
    faults,
    of(signal) {
      if (faults.length > 0) throw new Error(faults.join('\n'));
      const expressions = written.flatMap((condition, index) => {
        const found = parsed[index];
        return condition.signal === signal && found !== undefined && 'expression' in found ? [found.expression] : [];
      });
      const columns = written.find((condition) => condition.signal === signal)?.columns ?? [];
      if (expressions.length === 0) return undefined;
      const both = (...of: readonly Expression[]): Expression => ({ kind: 'call', type: 'bool', name: 'and', of });
      return { expression: expressions.reduce((left, right) => both(left, right)), columns };
    },
  };
}

/** What was parsed before in this process, by its words and the columns that they may mean. */
const known = new Map<string, Parsed>();
const MOST_KNOWN = 1000;

/** Most signals have the columns that a condition for all of them names: it is parsed once for these. */
async function parseOnce(texts: readonly ConditionText[], parse: Parse): Promise<readonly (Parsed | undefined)[]> {
  const keys = texts.map(({ kql, columns }) => {
    const words = kql.toLowerCase();
    return JSON.stringify([kql, columns.filter(({ name }) => words.includes(name.toLowerCase()))]);
  });
  const fresh = new Map(texts.map((condition, index) => [keys[index] ?? '', condition]));
  for (const key of known.keys()) fresh.delete(key);
  const parsed = fresh.size === 0 ? [] : await parse([...fresh.values()].map(({ kql, columns }) => ({ kql, columns })));
  for (const [index, key] of [...fresh.keys()].entries()) known.set(key, parsed[index] as Parsed);
  const found = keys.map((key) => known.get(key));
  if (known.size > MOST_KNOWN) known.clear();
  return found;
}
