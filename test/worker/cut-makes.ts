/**
 * Query APIs that cut what is much, or refuse it, and tell so in places and words of their own; some hold values that
 * few expect.
 */
import type { Make, Refused, Result } from './other-api.ts';

/** Rows that an answer may hold. */
const MOST = 5;

const primary = ({ columns }: Result, rows: readonly unknown[], more: object = {}) => ({
  ...{ name: 'PrimaryResult', columns, rows },
  ...more,
});
const text = (names: string) => names.split(' ').map((name) => ({ name, type: 'string' }));
const status = (severity: number, name: string, words: string) => ({
  name: 'QueryStatus',
  columns: text('Timestamp Severity SeverityName StatusCode StatusDescription'),
  rows: [['t', severity, name, 0, words]],
});

/** What is answered where there are more rows than an answer may hold: of the first ones, and all of them. */
type Cut = (result: Result, first: Result['rows']) => object | string;

const CUTS: Readonly<Record<string, Cut>> = {
  warning: (result, first) => ({ tables: [primary(result, first), status(3, 'Warning', 'done')] }),
  third: (result, first) => ({
    Tables: [primary(result, first), { name: 'x', columns: text('Value'), rows: [['{}']] }, status(2, 'Error', 'x')],
  }),
  words: (result, first) => ({ tables: [primary(result, first), status(4, 'Info', 'at most 5 of 14 are given')] }),
  before: (result, first) => ({ exceptions: ['enough'], tables: [primary(result, first)] }),
  beside: (result, first) => ({ tables: [primary(result, first, { OneApiErrors: [{ code: 'x' }] })] }),
  row: (result, first) => ({ tables: [primary(result, [...first, { Exceptions: ['enough'] }])] }),
  off: (result, first) => ({ tables: [primary(result, first)], isComplete: false }),
  twice: (result, first) => ({
    tables: [primary(result, first), { ...primary(result, result.rows.slice(first.length)), name: 'PrimaryResult' }],
  }),
  named: (result, first) => ({
    tables: [first, result.rows.slice(first.length)].map((rows) => ({ ...primary(result, rows), name: result.table })),
  }),
  page: (result, first) => ({ tables: [primary(result, first)], '@odata.nextLink': 'https://more.test/' }),
  broken: (result) => JSON.stringify({ tables: [primary(result, result.rows)] }).slice(0, -40),
};

const refusal = (status: number, code: string, message: string): Refused => ({
  status,
  body: JSON.stringify({ error: { code, message } }),
});

/** Refusals of what is too much in words that no list has. */
const REFUSED: Readonly<Record<string, Refused>> = {
  entity: refusal(413, 'RequestEntityTooLarge', 'no'),
  strange: refusal(400, 'ZuVieleZeilen', 'Die Antwort passt nicht'),
  gateway: { status: 504, body: '<html>upstream</html>', headers: { 'Content-Type': 'text/html' } },
  internal: refusal(500, 'Oops', 'try less'),
  teapot: { status: 418, body: '' },
};

const cutting = (name: string, cut: Cut): Make => ({
  name,
  kind: 'app',
  gzip: name.length % 2 === 0,
  answer: (result) => {
    const { columns, rows, isSurvey } = result;
    if (isSurvey || rows.length <= MOST) return JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows }] });
    const answer = cut(result, rows.slice(0, MOST));
    return typeof answer === 'string' ? answer : JSON.stringify(answer);
  },
});

const refusing = (name: string, refused: Refused): Make => ({
  ...cutting(name, () => ({})),
  // Of a table that is asked whole, only ranges of a quarter of an hour are answered.
  refuses: (query) => {
    const [from = '', to = ''] = [...query.matchAll(/datetime\(([^)]+)\)/g)].map(([, at]) => at ?? '');
    const isLong = Date.parse(to) - Date.parse(from) > 15 * 60_000;
    return isLong && !/summarize/.test(query) ? refused : undefined;
  },
  answer: ({ columns, rows }) => JSON.stringify({ tables: [{ name: 'PrimaryResult', columns, rows }] }),
});

export const CUT_MAKES: readonly Make[] = [
  ...Object.entries(CUTS).map(([name, cut]) => cutting(name, cut)),
  ...Object.entries(REFUSED).map(([name, refused]) => refusing(name, refused)),
];
