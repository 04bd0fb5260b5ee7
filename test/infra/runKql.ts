/**
 * Runs the alerts' queries over rows, for tests: the operators and functions that they use, and no others. That they
 * are valid KQL over the real tables is Microsoft's parser to say (alerts.test.ts).
 */
export type Row = Readonly<Record<string, unknown>>;
type Read = (row: Row) => unknown;

interface Place {
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  readonly now: number;
  readonly variables: Record<string, Read>;
}

/** Times are numbers: milliseconds. */
export function runKql(
  text: string,
  tables: Place['tables'],
  now: number,
  variables: Place['variables'] = {},
): readonly Row[] {
  const place: Place = { tables, now, variables: { ...variables } };
  const statements = withoutComments(text).split(/;\s*\n/);
  for (const statement of statements.slice(0, -1)) {
    const [, name = '', value = ''] = /^\s*let (\w+) = (.*)$/s.exec(statement) ?? [];
    const [, inner] = /^toscalar\((.*)\)$/s.exec(value.trim()) ?? [];
    const [first] = inner === undefined ? [] : Object.values(runKql(inner, tables, now, place.variables)[0] ?? {});
    place.variables[name] = inner === undefined ? parsed(value, place) : () => first;
  }
  const [table = '', ...operators] = split(statements.at(-1) ?? '', '|');
  const [, printed] = /^print (.*)$/s.exec(table) ?? [];
  const first = printed === undefined ? (place.tables[table] ?? []) : [assignment(printed, place)({})];
  return operators.reduce((rows, operator) => applied(operator, rows, place), first);
}

const withoutComments = (text: string): string => text.replace(/^\s*\/\/.*$/gm, '');

function applied(operator: string, rows: readonly Row[], place: Place): readonly Row[] {
  const [, name = '', rest = ''] = /^([\w-]+)\s*(.*)$/s.exec(operator) ?? [];
  if (name === 'where') return rows.filter(parsed(rest, place));
  if (name === 'extend') return split(rest, ',').reduce((all, one) => all.map(assignment(one, place)), rows);
  if (name === 'count') return [{ Count: rows.length }];
  if (name === 'project') {
    const names = split(rest, ',');
    return rows.map((row) => Object.fromEntries(names.map((column) => [column, row[column]])));
  }
  if (name === 'mv-expand') {
    const [column = '', list = column] = split(rest, '=');
    const read = parsed(list, place);
    return rows.flatMap((row) => [read(row)].flat().map((value) => ({ ...row, [column]: value })));
  }
  if (name === 'summarize') return latest(rest, rows, place);
  throw new Error(`${name} is not known here`);
}

function assignment(text: string, place: Place): (row: Row) => Row {
  const at = text.indexOf('=');
  const read = parsed(text.slice(at + 1), place);
  return (row) => ({ ...row, [text.slice(0, at).trim()]: read(row) });
}

/** `arg_max(timestamp, a, b) by c, d`, `max(timestamp)`, `min(timestamp)` (undefined of no rows), or `make_set(…)` */
function latest(text: string, rows: readonly Row[], place: Place): readonly Row[] {
  const [, listed] = /^make_set\((.*)\)$/s.exec(text.trim()) ?? [];
  if (listed !== undefined) return [{ set: [...new Set(rows.map(parsed(listed, place)))] }];
  const times = rows.map(({ timestamp }) => Number(timestamp));
  if (text.trim() === 'min(timestamp)') return [{ min: times.length === 0 ? undefined : Math.min(...times) }];
  if (text.trim() === 'max(timestamp)')
    return [{ max_timestamp: rows.reduce((most, { timestamp }) => Math.max(most, Number(timestamp)), 0) }];
  const [, kept = '', keys = ''] = /^arg_max\(([^)]*)\)(?: by (.*))?$/s.exec(text.trim()) ?? [];
  const [columns, by] = [split(kept, ','), keys === '' ? [] : split(keys, ',')];
  const groups = new Map<string, Row>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((column) => row[column]));
    const best = groups.get(key);
    if (best === undefined || Number(row.timestamp) >= Number(best.timestamp)) groups.set(key, row);
  }
  const names = [...by, ...columns];
  return [...groups.values()].map((row) => Object.fromEntries(names.map((name) => [name, row[name]])));
}

/** Pieces between separators that stand in no brackets and no quotes. */
function split(text: string, separator: string): string[] {
  const pieces = [''];
  let [depth, quote] = [0, ''];
  for (const letter of text) {
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === "'" || letter === '"') quote = letter;
    else if (letter === '(') depth += 1;
    else if (letter === ')') depth -= 1;
    if (letter === separator && depth === 0 && quote === '') pieces.push('');
    else pieces.push((pieces.pop() ?? '') + letter);
  }
  return pieces.map((piece) => piece.trim());
}

const token = /\s*(@?'[^']*'|@?"[^"]*"|\d+[a-z]?|[A-Za-z_]\w*|==|=~|!has|>=|<=|[-+*/<>().,[\]])/y;

function parsed(text: string, place: Place): Read {
  const words: string[] = [];
  token.lastIndex = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) words.push(found[1] ?? '');
  if (words.join('') !== text.replace(/\s+(?=(?:[^'"]|'[^']*'|"[^"]*")*$)/g, ''))
    throw new Error(`not understood: ${text}`);
  const tree = new Expression(words, place);
  return tree.whole();
}

type Operation = (left: unknown, right: unknown) => unknown;
const operations: Readonly<Record<string, readonly [strength: number, Operation]>> = {
  and: [1, (left, right) => left === true && right === true],
  '==': [2, (left, right) => left === right],
  '=~': [2, (left, right) => String(left).toLowerCase() === String(right).toLowerCase()],
  has: [2, (text, word) => new RegExp(`(?<![A-Za-z0-9])${word}(?![A-Za-z0-9])`, 'i').test(String(text))],
  '!has': [2, (text, word) => !new RegExp(`(?<![A-Za-z0-9])${word}(?![A-Za-z0-9])`, 'i').test(String(text))],
  in: [2, (value, list) => [list].flat().includes(value)],
  '>': [2, (left, right) => Number(left) > Number(right)],
  '<': [2, (left, right) => Number(left) < Number(right)],
  '/': [3, (left, right) => Number(left) / Number(right)],
};
const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000 };

class Expression {
  private at = 0;
  private readonly words: readonly string[];
  private readonly place: Place;
  constructor(words: readonly string[], place: Place) {
    this.words = words;
    this.place = place;
  }

  whole(): Read {
    const read = this.weakest(1);
    if (this.at < this.words.length) throw new Error(`not understood: ${this.words.slice(this.at).join(' ')}`);
    return read;
  }

  private weakest(least: number): Read {
    let left = this.operand();
    for (;;) {
      const [strength = 0, operate] = operations[this.words[this.at] ?? ''] ?? [];
      if (operate === undefined || strength < least) return left;
      this.at += 1;
      const [one, other] = [left, this.weakest(strength + 1)];
      left = (row) => operate(one(row), other(row));
    }
  }

  private operand(): Read {
    const word = this.words[this.at++] ?? '';
    if (/^@?['"]/.test(word)) {
      const text = word.replace(/^@/, '').slice(1, -1);
      return () => text;
    }
    if (word === '(') return this.list();
    if (word === '[') {
      const values = this.values();
      return (row) => values.map((value) => value(row));
    }
    const [, digits = '', unit = ''] = /^(\d+)([a-z]?)$/.exec(word) ?? [];
    if (digits !== '') return () => Number(digits) * (units[unit] ?? 1);
    if (this.words[this.at] === '(') return this.called(word);
    return this.member(this.place.variables[word] ?? ((row) => row[word]));
  }

  private member(of: Read): Read {
    if (this.words[this.at] === '[') {
      this.at += 1;
      const key = this.weakest(1);
      this.at += 1;
      return this.member((row) => Object(of(row))[String(key(row))]);
    }
    if (this.words[this.at] !== '.') return of;
    const name = this.words[this.at + 1] ?? '';
    this.at += 2;
    return this.member((row) => Object(of(row))[name]);
  }

  /** What stands in brackets: one value, or several. */
  private list(): Read {
    const values = this.values();
    return (row) => (values.length === 1 ? values[0]?.(row) : values.map((value) => value(row)));
  }

  private values(): Read[] {
    const values: Read[] = [];
    do values.push(this.weakest(1));
    while (this.words[this.at++] === ',');
    return values;
  }

  private called(name: string): Read {
    this.at += 1;
    const given = this.values();
    if (name === 'dynamic') return given[0] ?? (() => undefined);
    return (row) =>
      functions(
        name,
        given.map((read) => read(row)),
        this.place.now,
      );
  }
}

function functions(name: string, [first, second, third]: readonly unknown[], now: number): unknown {
  if (name === 'ago') return now - Number(first);
  if (name === 'toint') return Number(first);
  if (name === 'tostring') return typeof first === 'object' && first ? JSON.stringify(first) : String(first ?? '');
  if (name === 'todouble') return Number(first);
  if (name === 'todatetime') return Date.parse(String(first));
  if (name === 'tobool') return String(first).toLowerCase() === 'true';
  if (name === 'extract') return new RegExp(String(first)).exec(String(third))?.[Number(second)] ?? '';
  if (name === 'parse_json') return String(first) === '' ? {} : JSON.parse(String(first));
  throw new Error(`${name} is not known here`);
}
