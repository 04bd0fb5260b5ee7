import type { ConditionColumn } from './expression.ts';
import { sqlTokens, type Token } from './sql-tokens.ts';

/** KQL, and the type of the column that it is made of, where one is known. */
interface Part {
  readonly kql: string;
  readonly type: ConditionColumn['type'] | undefined;
  /** Set of constants. */
  readonly text?: string;
}

/** Not one of the words that are known here: there is no KQL to show. */
class Unknown extends Error {}

/**
 * A condition in DuckDB's SQL, which conditions once were, as KQL: for the error that says so. Undefined where it holds
 * more than the plain things. What it gives is still to be parsed.
 */
export function kqlOfSql(text: string, columns: readonly ConditionColumn[]): string | undefined {
  const tokens = sqlTokens(text);
  if (tokens === undefined || tokens.length === 0) return undefined;
  try {
    const reading: Reading = { tokens, at: 0, columns };
    const { kql } = either(reading);
    return reading.at === tokens.length ? kql : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

interface Reading {
  readonly tokens: readonly Token[];
  at: number;
  readonly columns: readonly ConditionColumn[];
}

const isWord = ({ tokens, at }: Reading, word: string, ahead = 0): boolean => {
  const token = tokens[at + ahead];
  return token !== undefined && (token.kind === 'name' || token.kind === 'sign') && token.text.toLowerCase() === word;
};

/** Takes these words where they come next. */
function take(reading: Reading, ...words: readonly string[]): boolean {
  if (!words.every((word, ahead) => isWord(reading, word, ahead))) return false;
  reading.at += words.length;
  return true;
}

function must(reading: Reading, word: string): void {
  if (!take(reading, word)) throw new Unknown();
}

function either(reading: Reading): Part {
  const parts = [both(reading)];
  while (take(reading, 'or')) parts.push(both(reading));
  return parts.length === 1 && parts[0] ? parts[0] : condition(parts.map(({ kql }) => kql).join(' or '));
}

function both(reading: Reading): Part {
  const parts = [not(reading)];
  while (take(reading, 'and')) parts.push(not(reading));
  return parts.length === 1 && parts[0] ? parts[0] : condition(parts.map(({ kql }) => kql).join(' and '));
}

const condition = (kql: string): Part => ({ kql, type: 'boolean' });

const not = (reading: Reading): Part =>
  take(reading, 'not') ? condition(`not(${not(reading).kql})`) : predicate(reading);

const COMPARISONS: readonly (readonly [sql: string, kql: string])[] = [
  ['=', '=='],
  ['==', '=='],
  ['<>', '!='],
  ['!=', '!='],
  ['<=', '<='],
  ['>=', '>='],
  ['<', '<'],
  ['>', '>'],
];

function predicate(reading: Reading): Part {
  const left = operand(reading);
  const compared = COMPARISONS.find(([sql]) => take(reading, sql));
  if (compared !== undefined) return condition(`${left.kql} ${compared[1]} ${like(left, operand(reading))}`);
  if (take(reading, 'is', 'not', 'null')) return condition(`${emptyOf(left, 'isnotempty', 'isnotnull')}`);
  if (take(reading, 'is', 'null')) return condition(`${emptyOf(left, 'isempty', 'isnull')}`);
  if (take(reading, 'is', 'not', 'distinct', 'from'))
    return condition(`${left.kql} == ${like(left, operand(reading))}`);
  if (take(reading, 'is', 'distinct', 'from')) return condition(`${left.kql} != ${like(left, operand(reading))}`);
  const negated = take(reading, 'not') ? '!' : '';
  if (take(reading, 'in')) return condition(`${left.kql} ${negated}in (${listOf(reading, left)})`);
  if (take(reading, 'between')) {
    const from = like(left, operand(reading));
    must(reading, 'and');
    return condition(`${left.kql} ${negated}between (${from} .. ${like(left, operand(reading))})`);
  }
  if (take(reading, 'like')) return condition(alike(left, operand(reading), negated, '_cs'));
  if (take(reading, 'ilike')) return condition(alike(left, operand(reading), negated, ''));
  if (negated !== '') throw new Unknown();
  return left;
}

const emptyOf = ({ kql, type }: Part, text: string, other: string): string =>
  `${type === 'string' ? text : other}(${kql})`;

/** A constant as the left side wants it: a time in quotes is a text in SQL. */
const like = (left: Part, right: Part): string =>
  left.type === 'timestamp' && right.text !== undefined ? `datetime(${right.text})` : right.kql;

function listOf(reading: Reading, left: Part): string {
  must(reading, '(');
  const list = [like(left, operand(reading))];
  while (take(reading, ',')) list.push(like(left, operand(reading)));
  must(reading, ')');
  return list.join(', ');
}

/** LIKE knows two signs: % for any letters, _ for one. */
function alike(left: Part, { text }: Part, negated: string, suffix: string): string {
  const found = /^(%?)([^%_]*)(%?)$/s.exec(text ?? '\\');
  if (text === undefined || text.includes('\\')) throw new Unknown();
  if (found === null) {
    const regex = text
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('%', '.*')
      .replaceAll('_', '.');
    const matches = `${left.kql} matches regex ${quoted(`^(?s${suffix === '' ? 'i' : ''})${regex}$`)}`;
    return negated === '' ? matches : `not(${matches})`;
  }
  const [, before, word = '', behind] = found;
  const plain = suffix === '' ? `${negated === '' ? '=' : '!'}~` : `${negated === '' ? '=' : '!'}=`;
  if (before === '' && behind === '') return `${left.kql} ${plain} ${quoted(word)}`;
  const operator = before === '' ? 'startswith' : behind === '' ? 'endswith' : 'contains';
  return `${left.kql} ${negated}${operator}${suffix} ${quoted(word)}`;
}

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;

function operand(reading: Reading): Part {
  let part = primary(reading);
  for (;;) {
    if (take(reading, '::')) part = cast(part, next(reading).text);
    else if (take(reading, '->>')) part = member(part, next(reading));
    else return part;
  }
}

function next(reading: Reading): Token {
  const token = reading.tokens[reading.at++];
  if (token === undefined) throw new Unknown();
  return token;
}

function primary(reading: Reading): Part {
  const token = next(reading);
  if (token.kind === 'string') return { kql: quoted(token.text), type: 'string', text: token.text };
  if (token.kind === 'number') return { kql: token.text, type: 'real' };
  if (token.kind === 'quoted') return column(reading, token.text);
  if (token.kind === 'sign') return signed(reading, token.text);
  const word = token.text.toLowerCase();
  if (word === 'true' || word === 'false') return condition(word);
  if (take(reading, '(')) return call(reading, word);
  const following = reading.tokens[reading.at];
  if (/^(date|timestamp|timestamptz)$/.test(word) && following?.kind === 'string') {
    reading.at++;
    return { kql: `datetime(${following.text})`, type: 'timestamp' };
  }
  return column(reading, token.text);
}

function signed(reading: Reading, sign: string): Part {
  if (sign === '-') return { kql: `-${primary(reading).kql}`, type: 'real' };
  if (sign !== '(') throw new Unknown();
  const inside = either(reading);
  must(reading, ')');
  return { kql: `(${inside.kql})`, type: inside.type };
}

/** SQL does not mind the case of names. */
function column({ columns }: Reading, written: string): Part {
  const found = columns.find(({ name }) => name.toLowerCase() === written.toLowerCase());
  if (found === undefined) throw new Unknown();
  return { kql: found.name, type: found.type };
}

/** `customDimensions->>'$.a'`, `'$."a b"'` or `'a'`. */
function member({ kql, type }: Part, { kind, text }: Token): Part {
  if (type !== 'dynamic' || kind !== 'string') throw new Unknown();
  const steps = text.startsWith('$.') ? (text.slice(2).match(/"[^"]*"|[^."]+/g) ?? []) : [text];
  const keys = steps.map((step) => step.replace(/^"(.*)"$/, '$1'));
  return {
    kql: kql + keys.map((key) => (/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${quoted(key)}]`)).join(''),
    type: 'string',
  };
}

const CASTS: readonly (readonly [sql: RegExp, kql: string, type: ConditionColumn['type']])[] = [
  [/^(integer|int|int4)$/, 'toint', 'integer'],
  [/^(bigint|int8|hugeint)$/, 'tolong', 'long'],
  [/^(double|real|float|float8)$/, 'todouble', 'real'],
  [/^(boolean|bool)$/, 'tobool', 'boolean'],
  [/^(timestamp|timestamptz|date)$/, 'todatetime', 'timestamp'],
  [/^(varchar|text|string)$/, 'tostring', 'string'],
];

function cast({ kql, text }: Part, name: string): Part {
  const found = CASTS.find(([sql]) => sql.test(name.toLowerCase()));
  if (found === undefined) throw new Unknown();
  const [, to, type] = found;
  return { kql: type === 'timestamp' && text !== undefined ? `datetime(${text})` : `${to}(${kql})`, type };
}

const FUNCTIONS: Readonly<Record<string, (args: readonly Part[]) => Part | undefined>> = {
  length: ([of]) => of && { kql: `strlen(${of.kql})`, type: 'integer' },
  strlen: ([of]) => of && { kql: `strlen(${of.kql})`, type: 'integer' },
  lower: ([of]) => of && { kql: `tolower(${of.kql})`, type: 'string' },
  upper: ([of]) => of && { kql: `toupper(${of.kql})`, type: 'string' },
  isnan: ([of]) => of && condition(`isnan(${of.kql})`),
  contains: ([of, word]) => of && word && condition(`${of.kql} contains_cs ${word.kql}`),
  starts_with: ([of, word]) => of && word && condition(`${of.kql} startswith_cs ${word.kql}`),
  ends_with: ([of, word]) => of && word && condition(`${of.kql} endswith_cs ${word.kql}`),
  regexp_matches: ([of, word]) => of && word && condition(`${of.kql} matches regex ${word.kql}`),
  json_extract_string: ([of, path]) => of && path && member(of, { kind: 'string', text: path.text ?? '' }),
  // A text is never null in KQL.
  coalesce: ([of, other]) => (of?.type === 'string' && other?.text === '' ? of : undefined),
};

function call(reading: Reading, name: string): Part {
  if (name === 'cast' || name === 'try_cast') {
    const of = either(reading);
    must(reading, 'as');
    const part = cast(of, next(reading).text);
    must(reading, ')');
    return part;
  }
  const args: Part[] = [];
  while (!take(reading, ')')) {
    if (args.length > 0) must(reading, ',');
    args.push(either(reading));
  }
  const part = FUNCTIONS[name]?.(args);
  if (part === undefined) throw new Unknown();
  return part;
}
