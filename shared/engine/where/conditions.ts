import type { Shaping, Signal } from '../../model.ts';
import { columnsOf } from '../../signals/columns-of.ts';
import { signals } from '../../signals/tables.ts';
import { type Condition, compileCondition } from './compile.ts';
import type { ConditionColumn } from './expression.ts';
import { namesIn } from './names.ts';
import type { Parsed } from './parse.ts';
import { parseApart } from './parse-apart.ts';

/** What rows of a signal stay. */
export interface RowCondition {
  /** The columns that it asks about. */
  readonly columns: readonly ConditionColumn[];
  readonly holds: Condition;
}

export interface Conditions {
  /** What is wrong with the settings' conditions: a sentence each. */
  readonly faults: readonly string[];
  /** Undefined: all rows stay. */
  of(signal: Signal): RowCondition | undefined;
}

/** A condition as the settings have it, and the columns that it may name. */
export interface AskedCondition {
  readonly signal: Signal;
  readonly setting: string;
  readonly kql: string;
  readonly columns: readonly ConditionColumn[];
}

export type ParsedCondition = Parsed & {
  /** The KQL for a condition in SQL that is a fault as KQL. */
  readonly instead?: string | undefined;
};

const noConditions: Conditions = { faults: [], of: () => undefined };

type Parse = (asked: readonly AskedCondition[]) => readonly ParsedCondition[] | Promise<readonly ParsedCondition[]>;

/** All conditions of the settings. Where there is none, nothing is loaded. */
export async function readConditions({ signals: shapes }: Shaping, parse: Parse = parseApart): Promise<Conditions> {
  const asked = signals.flatMap((signal) => {
    const { where = [], promote = [] } = shapes[signal] ?? {};
    const columns: ConditionColumn[] = columnsOf(signal).map(({ name, type }) => ({ name, type }));
    for (const { as, type } of promote) if (columns.every(({ name }) => name !== as)) columns.push({ name: as, type });
    return where.map(({ setting, kql }): AskedCondition => ({ signal, setting, kql, columns }));
  });
  if (asked.length === 0) return noConditions;
  const parsed = await parseOnce(asked, parse);
  const faults = asked.flatMap((condition, index) => faultOf(condition, parsed[index]));
  return {
    faults,
    of(signal) {
      const expressions = asked.flatMap((condition, index) => {
        const found = parsed[index];
        return condition.signal === signal && found !== undefined && 'expression' in found ? [found.expression] : [];
      });
      const [first, ...others] = expressions;
      if (faults.length > 0) throw new Error(faults.join('\n'));
      if (first === undefined) return undefined;
      const all = others.reduce((left, right) => ({ kind: 'and', type: 'bool', left, right }) as const, first);
      const names = namesIn(all);
      const columns = asked.find((condition) => condition.signal === signal)?.columns ?? [];
      return { columns: columns.filter(({ name }) => names.has(name)), holds: compileCondition(all) };
    },
  };
}

/** What was parsed before in this process, by its words and the columns that they may mean. */
const known = new Map<string, ParsedCondition>();
const MOST_KNOWN = 1000;

/** Most signals have the columns that a condition for all of them names: it is parsed once for these. */
async function parseOnce(asked: readonly AskedCondition[], parse: Parse): Promise<readonly ParsedCondition[]> {
  const keys = asked.map(({ kql, columns }) => {
    const words = kql.toLowerCase();
    return JSON.stringify([kql, columns.filter(({ name }) => words.includes(name.toLowerCase()))]);
  });
  const fresh = new Map(
    asked.flatMap((each, index) => (known.has(keys[index] ?? '') ? [] : [[keys[index] ?? '', each]])),
  );
  const parsed = fresh.size === 0 ? [] : await parse([...fresh.values()]);
  if (known.size + fresh.size > MOST_KNOWN) known.clear();
  for (const [index, key] of [...fresh.keys()].entries()) {
    const found = parsed[index];
    if (found !== undefined) known.set(key, found);
  }
  return keys.flatMap((key) => known.get(key) ?? []);
}

function faultOf({ signal, setting, kql }: AskedCondition, parsed: ParsedCondition | undefined): string[] {
  if (parsed === undefined || !('fault' in parsed)) return [];
  const instead = parsed.instead === undefined ? '' : `. Conditions are KQL, no longer SQL: write ${parsed.instead}`;
  return [
    `${setting} must be a KQL condition on the columns of ${signal}: ${parsed.fault}; it is ` +
      `${JSON.stringify(kql)}${instead}`,
  ];
}
