import type { Signal, SignalShape } from '../model.ts';
import { columnsOf } from '../signals/columns.ts';
import type { Database } from './database.ts';
import { createDecoded, decodedTable } from './decoded-table.ts';
import { duckdbKind } from './failure.ts';
import { quote } from './sql.ts';

/** A condition between other words, whatever comment it ends with. */
const enclosed = (sql: string): string => `(\n${sql}\n)`;

/** Between words that bind weaker than any operator: `a) or (b` means here what it meant when it was checked. */
const untrue = (sql: string): string => `CASE WHEN ${enclosed(sql)} THEN false ELSE true END`;

/** Takes the rows out of the signal's decoded table for which the conditions are not true. Returns how many. */
export async function removeFiltered(db: Database, signal: Signal, { where }: SignalShape): Promise<number> {
  if (where.length === 0) return 0;
  const table = decodedTable(signal);
  const count = async () => Number((await db.rows(`SELECT count(*) FROM ${table}`))[0]?.[0]);
  const before = await count();
  for (const { setting, sql } of where) {
    try {
      await db.run(`DELETE FROM ${table} WHERE ${untrue(sql)}`);
    } catch (error) {
      const kind = duckdbKind(error);
      if (kind === undefined || /^(Out of Memory|IO)/.test(kind)) throw error;
      throw new Error(
        `${setting}: fails on a row of ${signal} (${kind}); let it hold for every value, with try_cast for example`,
      );
    }
  }
  return before - (await count());
}

/** What is wrong with the conditions of a signal: one sentence each. Looks at words and types, and tries them on a row of nothing. */
export async function whereFaults(db: Database, signal: Signal, { where }: SignalShape): Promise<readonly string[]> {
  await db.run(createDecoded(signal));
  const faults: string[] = [];
  for (const { setting, sql } of where) {
    const wrong = (await wordFault(db, signal, sql)) ?? (await typeFault(db, signal, sql));
    if (wrong !== undefined)
      faults.push(`${setting} must be a condition on the columns of ${signal}: ${wrong}; it is ${JSON.stringify(sql)}`);
  }
  return faults;
}

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

/** The kinds of expressions that a condition may be made of, as DuckDB's parser names them. */
const EXPRESSIONS = [
  'COLUMN_REF',
  'CONSTANT',
  'COMPARISON',
  'CONJUNCTION',
  'FUNCTION',
  'OPERATOR',
  'CASE',
  'CAST',
  'BETWEEN',
  'COLLATE',
];

/** DuckDB's own macros that are like functions. */
const MACROS = [
  'split_part',
  'nullif',
  'json',
  'list_count',
  'list_min',
  'list_max',
  'list_sum',
  'list_first',
  'list_last',
  'array_to_string',
];

/**
 * What a function must not read although it counts as constant: settings, variables, the catalogue, how rows lie in memory; nor call any
 * aggregate by its name.
 */
const SETTINGS =
  /^(current_|getvariable|getenv|version$|pg_|has_|in_search_path|json_(de)?serialize|json_execute|add_parquet_key|icu_sort_key$|vector_type$|__internal|(list_|array_)?aggr(egate)?$)/;

/** Words that other databases, and DuckDB may be one day, take for a time: cast to one they are no constant. */
const MOMENTS = /^\s*(now|today|tomorrow|yesterday)\s*$/i;

async function wordFault(db: Database, signal: Signal, sql: string): Promise<string | undefined> {
  const node = await parsed(db, `SELECT ${enclosed(sql)} AS kept FROM decoded`);
  if (typeof node === 'string') return node;
  const plain = await parsed(db, `SELECT ${enclosed('true')} AS kept FROM decoded`);
  if (frame(node) !== frame(plain)) return 'it is more than one expression';
  const known = await db.rows(`SELECT DISTINCT function_name FROM duckdb_functions()
    WHERE function_type = 'scalar' AND stability = 'CONSISTENT' OR function_type = 'macro' AND internal AND list_contains([${MACROS.map(quote).join(', ')}], function_name)`);
  const functions = new Set(known.map(([name]) => String(name)).filter((name) => !SETTINGS.test(name)));
  const columns = new Set(columnsOf(signal).map(({ name }) => name.toLowerCase()));
  return faultIn(isTree(node) ? node.select_list : node, functions, columns);
}

/** The statement but for what is selected: it must be that of the plainest condition. */
const frame = (node: unknown): string =>
  JSON.stringify(node, (key, value: unknown) =>
    key === 'query_location' ? 0 : key === 'select_list' ? (value as unknown[]).length : value,
  );

/** The statement's tree, or what the parser says. */
async function parsed(db: Database, statement: string): Promise<unknown> {
  const [row] = await db.rows(`SELECT json_serialize_sql(${quote(statement)})`);
  const answer: { error: boolean; error_message?: string; statements?: { node: unknown }[] } = JSON.parse(
    String(row?.[0]),
  );
  if (answer.error) return firstLine(answer.error_message ?? 'it does not parse');
  return answer.statements?.length === 1 ? answer.statements[0]?.node : 'it is more than one statement';
}

function faultIn(value: unknown, functions: ReadonlySet<string>, columns: ReadonlySet<string>): string | undefined {
  if (!isTree(value)) return undefined;
  const kind = value.class;
  if (typeof kind === 'string') {
    if (!EXPRESSIONS.includes(kind)) return `${kind.toLowerCase().replaceAll('_', ' ')} is not allowed`;
    const wrong = columnFault(value, columns) ?? functionFault(value, functions) ?? momentFault(value);
    if (wrong !== undefined) return wrong;
  }
  for (const child of Object.values(value)) {
    const wrong = faultIn(child, functions, columns);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function columnFault({ class: kind, column_names: names }: Tree, columns: ReadonlySet<string>): string | undefined {
  if (kind !== 'COLUMN_REF') return undefined;
  const name = Array.isArray(names) ? names.join('.') : '';
  return columns.has(name.toLowerCase()) ? undefined : `there is no column ${name}`;
}

function functionFault(call: Tree, functions: ReadonlySet<string>): string | undefined {
  if (call.class !== 'FUNCTION') return undefined;
  const { function_name: name, filter, distinct, children } = call;
  if (name === 'age' && Array.isArray(children) && children.length === 1)
    return 'age of one time counts from today; give it both';
  const allowed = functions.has(String(name)) && filter === null && distinct === false;
  return allowed
    ? undefined
    : `${name} is no function that a condition may use (only those that work on their arguments alone, row by row)`;
}

function momentFault({ class: kind, child }: Tree): string | undefined {
  if (kind !== 'CAST' || !isTree(child) || child.class !== 'CONSTANT' || !isTree(child.value)) return undefined;
  const { value } = child.value;
  return typeof value === 'string' && MOMENTS.test(value) ? `'${value}' is no constant time; write it out` : undefined;
}

/** Unknown functions and columns, operators that do not fit their sides, and whatever fails on a row that says nothing. */
async function typeFault(db: Database, signal: Signal, sql: string): Promise<string | undefined> {
  const table = decodedTable(signal);
  try {
    const [described] = await db.rows(`DESCRIBE SELECT ${enclosed(sql)} AS kept FROM ${table}`);
    if (described?.[1] !== 'BOOLEAN') return `it is of type ${described?.[1]}, not a condition`;
    await db.run(`INSERT INTO ${table} (_element) VALUES (0)`);
    await db.run(`DELETE FROM ${table} WHERE ${untrue(sql)}`);
    return undefined;
  } catch (error) {
    return firstLine(error instanceof Error ? error.message : String(error));
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
