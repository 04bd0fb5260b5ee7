import type { AnswerColumn } from '../../model.ts';
import { anyOf } from '../../net/any-of.ts';
import { beginningWithoutSecrets } from '../../pure/known-secrets.ts';
import { signalTables } from '../../signals/tables.ts';

/** What an answer holds beside its rows. Only what is known to be harmless is. */

/** The members of an answer and of its tables that say nothing of whether the rows are all; in lower case. */
const HARMLESS: Readonly<Record<'answer' | 'table', ReadonlySet<string>>> = {
  answer: new Set(['render', 'visualization', 'datasources', '$schema', '@odata.context']),
  table: new Set(['tableid', 'tablekind', 'kind', 'frametype', 'id', 'ordinal', 'prettyname']),
};

/** Tables that only describe the answer: where in it what is, how to draw it. By their columns, in lower case. */
const DESCRIBING: readonly (readonly string[])[] = [
  ['ordinal', 'kind', 'name', 'id', 'prettyname'],
  ['tableid', 'key', 'value'],
];

/** Tables of telemetry, in lower case, by signal: an answer of several questions is one of each. */
const SIGNAL_OF = new Map(
  Object.values(signalTables).flatMap(({ signal, table }) => [signal, table].map((name) => [lower(name), signal])),
);

/** Levels of Kusto: 1 critical, 2 error, 3 warning, 4 information and above. */
const INFORMATION = 4;

/** Said with the level of information it still says that something lacks. */
const LACKING = anyOf(
  /partial|incomplete|truncat|exceed|too (large|big|many|much|long)|limit|fail|error|abort|cancel|time[d-]? ?out/,
  /\bnot? (all|available|complete\w*|finished|more|reachable)\b|unavailable|unreachable|missing|omitt|skipp|dropp/,
  /\b(only|some of|first \d|up to|at most|subset|capped|cut|clipped|shortened|stopped|interrupted|killed|terminated)\b/,
  /\b(lost|quota|throttl\w*|maximum|max|remain\w*|rest of|more (rows|records|results|data)|degraded|sampled)\b/,
);
/** Names of what is on where all is well. */
const WELL =
  /^(is_?)?(completed?|success(ful)?|succeeded|finished|final|whole|intact|ok|valid)$|^all_?(rows|records|data)/i;

/** Of that a table that is not the result may hold in memory; more is not known to be harmless. */
export const MOST_BESIDE = 256 * 1024;

/** An error as the API puts it, for shared/source/query/error-text.ts. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** Undefined: the member is known to be harmless, or says nothing. */
export function memberTrouble(of: 'answer' | 'table', key: string, value: unknown): Trouble | undefined {
  if (HARMLESS[of].has(key)) return undefined;
  if (saysNothing(value) && !(value === false && WELL.test(key))) return undefined;
  // How much it took, and maybe that it was not all.
  if (of === 'answer' && key === 'statistics' && !hasFlag(value)) return undefined;
  const what = of === 'answer' ? 'beside the tables' : 'beside the rows';
  return { code: `"${key}" ${what} of the answer`, message: textOf(value) };
}

export const isHarmless = (of: 'answer' | 'table', key: string): boolean => HARMLESS[of].has(key);

/** A row that is an object, such as `{"Exceptions":["…"]}`: the engine's word that no more rows come. */
export const rowTrouble = (row: unknown): Trouble => ({ code: 'an object among the rows', message: textOf(row) });

/**
 * A table that is not the result of what was `asked`, a table's name. `rows`: the texts of its rows; undefined where
 * there were more than could be kept.
 */
export function tableTrouble(
  name: string,
  columns: readonly Pick<AnswerColumn, 'name'>[],
  rows: readonly string[] | undefined,
  asked = '',
): Trouble | undefined {
  if (rows?.length === 0) return undefined;
  const names = columns.map((column) => column.name.toLowerCase());
  const describes = names.length !== 1 && DESCRIBING.some((known) => names.every((each) => known.includes(each)));
  if (describes || (isTelemetry(name, names) && !isOfOne(name, asked))) return undefined;
  const code = `table ${name === '' ? 'without a name' : name} beside the result`;
  if (rows === undefined) return { code, message: `more than ${MOST_BESIDE} bytes of rows that are not known` };
  const isPicture = names.length === 1 && names[0] === 'value';
  for (const row of rows) {
    const message = isPicture ? pictureTrouble(JSON.parse(row)) : statusTrouble(names, JSON.parse(row));
    if (message !== '') return { code, message };
  }
  return undefined;
}

/** `names`: of its columns, in lower case. */
export const isTelemetry = (name: string, names: readonly string[]): boolean =>
  names.includes('timestamp') && names.includes('itemtype') && SIGNAL_OF.has(lower(name));
const isOfOne = (name: string, other: string): boolean => SIGNAL_OF.get(lower(name)) === SIGNAL_OF.get(lower(other));

/** '' where it is how to draw the rows, as an object in a text. */
function pictureTrouble(cells: readonly unknown[]): string {
  const [cell] = cells;
  const value = parsed(cell);
  const isPicture = typeof value === 'object' && value !== null && !Object.keys(value).some((key) => LACKING.test(key));
  return saysNothing(cell) || (isPicture && !('exceptions' in lowered(value))) ? '' : textOf(cells);
}

/** What lies in a text as JSON; undefined where it is none. */
function parsed(cell: unknown): unknown {
  try {
    return JSON.parse(String(cell));
  } catch {
    return undefined;
  }
}

const lowered = (value: object): object =>
  Object.fromEntries(Object.entries(value).map(([key, each]) => [lower(key), each]));

function lower(text: string): string {
  return text.toLowerCase();
}

/** Whether somewhere in it a flag is up that says that something lacks. */
function hasFlag(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, each]) =>
      (each === true && /truncat|partial|incomplete/i.test(key)) || (each === false && WELL.test(key)) || hasFlag(each),
  );
}

/** '' where a row of a table of statuses says that all is well; any other table is not known to be harmless. */
function statusTrouble(names: readonly string[], cells: readonly unknown[]): string {
  const cell = (...called: readonly string[]): unknown => cells[names.findIndex((name) => called.includes(name))];
  const level = cell('severity', 'level');
  const status = cell('statuscode');
  const text = textOf(Object.fromEntries(names.map((name, at) => [name, cells[at]])));
  const isStatus = level !== undefined && level !== null && names.some((name) => name.startsWith('statuscode'));
  if (!isStatus) return text;
  const told = ['severityname', 'levelname', 'statusdescription', 'statuscodename', 'payload'].map((name) =>
    cell(name),
  );
  const isWell = Number(level) >= INFORMATION && Number(status ?? 0) === 0 && !told.some(isLacking);
  return isWell ? '' : text;
}

/** Figures of a query have names such as memory limits; its words are a text, or lie in one. */
function isLacking(told: unknown): boolean {
  const facts = parsed(told);
  if (typeof facts !== 'object' || facts === null) return LACKING.test(String(told ?? ''));
  return LACKING.test('Text' in facts ? String(facts.Text) : '') || hasFlag(facts);
}

export function saysNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return !value;
}

/** Strings stay as they are, so that what they say is recognised; the rest as JSON. */
export function textOf(value: unknown): string {
  const strings = stringsIn(value);
  return beginningWithoutSecrets(strings.length > 0 ? strings.join(' ') : JSON.stringify(value)).slice(0, 2000);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (typeof value === 'number') return [String(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((each) => stringsIn(each));
}
