import type { Millis } from '../model.ts';

/**
 * Schedules as the Functions host reads them (NCRONTAB of six fields, UTC): what its parser takes is taken here,
 * oddities included, and what it refuses is refused. test/corpus/schedules holds its judgements.
 */
export interface Schedule {
  readonly text: string;
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
}

interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
}

const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'];
const fields: readonly Field[] = [
  { name: 'second', from: 0, to: 59, names: [] },
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: [...monthNames, 'November', 'December'] },
  {
    name: 'weekday',
    from: 0,
    to: 6,
    names: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  },
];

/** A schedule, or what is wrong with it: a sentence that completes "must be …". */
export function scheduleOf(text: string): Schedule | string {
  const words = text.split(' ').filter((word) => word !== '');
  const form = 'a schedule of six fields (second minute hour day month weekday, UTC) such as 0 */5 * * * *';
  if (words.length === 5) return `${form}; of five fields put the second in front: 0 ${words.join(' ')}`;
  if (words.length !== fields.length) return form;
  const sets = fields.map((field, index) => valuesOf(words[index] ?? '', field));
  const wrong = fields.findIndex((_, index) => sets[index] === undefined);
  const { name, from, to } = fields[wrong] ?? { name: '', from: 0, to: 0 };
  if (name !== '') return `${form}; ${words[wrong]} is no ${name} (${from} to ${to})`;
  const [seconds, minutes, hours, days, months, weekdays] = sets.map((set) => [...(set ?? [])].sort((a, b) => a - b));
  const schedule = {
    text,
    seconds: seconds ?? [],
    minutes: minutes ?? [],
    hours: hours ?? [],
    days: new Set(days),
    months: new Set(months),
    weekdays: new Set(weekdays),
  };
  return someDay(schedule) ? schedule : `${form} that fires some day: no month of these has such a day`;
}

/** A year that has every day that years have. */
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const someDay = ({ days, months }: Schedule): boolean =>
  [...months].some((month) => [...days].some((day) => day <= (monthLengths[month - 1] ?? 0)));

/** Every day of the year falls on every weekday within 28 years, or 40 around a year such as 2100. */
const farthest = 41 * 366;
const day: Millis = 86_400_000;

/** When it next fires after `after`. A day must match both day and weekday. */
export function nextTick(schedule: Schedule, after: Millis): Millis {
  const start = Math.floor(after / 1000) * 1000 + 1000;
  const midnight = Math.floor(start / day) * day;
  for (let offset = 0; offset < farthest; offset += 1) {
    const date = new Date(midnight + offset * day);
    if (!schedule.months.has(date.getUTCMonth() + 1)) continue;
    if (!schedule.days.has(date.getUTCDate()) || !schedule.weekdays.has(date.getUTCDay())) continue;
    for (const hour of schedule.hours)
      for (const minute of schedule.minutes)
        for (const second of schedule.seconds) {
          const time = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
          if (time >= start) return time;
        }
  }
  throw new Error(`schedule "${schedule.text}": never fires`);
}

/** The values of one field; undefined: the host would refuse it. */
function valuesOf(word: string, field: Field): ReadonlySet<number> | undefined {
  const pieces = word.indexOf(',') > 0 ? word.split(',') : [word];
  const found = pieces.map((piece) => rangeOf(piece, field));
  const values = new Set<number>();
  for (const range of found) {
    if (range === undefined) return undefined;
    for (let value = range.low; value <= range.high; value += range.step) values.add(value);
  }
  return values;
}

/** `*`, `n`, `n-m`, each with an optional step; the ends of a range in any order, a step of 0 as 1. */
function rangeOf(piece: string, field: Field): { low: number; high: number; step: number } | undefined {
  const slash = piece.indexOf('/');
  const every = slash > 0 ? numberOf(piece.slice(slash + 1)) : 0;
  const range = slash > 0 ? piece.slice(0, slash) : piece;
  if (every === undefined) return undefined;
  const step = Math.max(every, 1);
  if (range === '*') return { low: field.from, high: field.to, step };
  const dash = range.indexOf('-');
  const ends = dash > 0 ? [range.slice(0, dash), range.slice(dash + 1)] : [range];
  const [one, another] = ends.map((end) => endOf(end, field));
  const other = ends.length === 1 ? (slash > 0 ? field.to : one) : another;
  if (one === undefined || other === undefined) return undefined;
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return low < field.from || high > field.to ? undefined : { low, high, step };
}

/** A number, or the beginning of a name in any case: the first name that begins so. */
function endOf(text: string, { from, names }: Field): number | undefined {
  if (/^\d/.test(text)) return numberOf(text);
  const index = text === '' ? -1 : names.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase()));
  return index < 0 ? undefined : index + from;
}

/** As .NET reads an Int32: a sign, and white space around it, are taken. */
function numberOf(text: string): number | undefined {
  const value = /^[\t-\r ]*[+-]?\d+[\t-\r ]*$/.test(text) ? Number(text) : Number.NaN;
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : undefined;
}
