/** Six fields: second minute hour day month day-of-week. Names of months and days are the English ones of three letters. */
interface Field {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'second', from: 0, to: 59, names: [] },
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day', from: 1, to: 31, names: [] },
  {
    name: 'month',
    from: 1,
    to: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', from: 0, to: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/**
 * When a schedule next fires after `after` (milliseconds; UTC), as NCRONTAB has it: a day must match both day and day of week.
 * Throws on an expression that is none, or that never fires.
 */
export function nextOccurrence(expression: string, after: number): number {
  const words = expression.trim().split(/\s+/);
  if (words.length !== fields.length)
    throw new Error(`schedule "${expression}": must have six fields, second minute hour day month day-of-week`);
  const [seconds, minutes, hours, days, months, weekdays] = fields.map((field, index) =>
    valuesOf(words[index] ?? '', field, expression),
  );
  if (!seconds || !minutes || !hours || !days || !months || !weekdays)
    throw new Error(`schedule "${expression}": not understood`);
  const start = Math.floor(after / 1000) * 1000 + 1000;
  const first = new Date(start);
  // Day by day (a leap day is at most eight years away), and within the day over the times that match.
  for (let offset = 0; offset < 8 * 366; offset++) {
    const day = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate() + offset);
    const date = new Date(day);
    if (
      !months.includes(date.getUTCMonth() + 1) ||
      !days.includes(date.getUTCDate()) ||
      !weekdays.includes(date.getUTCDay())
    )
      continue;
    for (const hour of hours)
      for (const minute of minutes)
        for (const second of seconds) {
          const time = day + ((hour * 60 + minute) * 60 + second) * 1000;
          if (time >= start) return time;
        }
  }
  throw new Error(`schedule "${expression}": never fires`);
}

/** The values of one field, ascending: lists of `*`, `n`, `n-m`, each with an optional step. */
function valuesOf(word: string, field: Field, expression: string): number[] {
  const values = new Set<number>();
  for (const piece of word.toLowerCase().split(',')) {
    const [range = '', step, ...rest] = piece.split('/');
    const every = step === undefined ? 1 : Number(step);
    const [low, high] = bounds(range, field, step !== undefined);
    const valid =
      rest.length === 0 && Number.isInteger(every) && every > 0 && low >= field.from && high <= field.to && low <= high;
    if (!valid)
      throw new Error(`schedule "${expression}": "${piece}" is no ${field.name} (${field.from} to ${field.to})`);
    for (let value = low; value <= high; value += every) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function bounds(range: string, field: Field, stepped: boolean): [number, number] {
  if (range === '*') return [field.from, field.to];
  const [low, high] = range
    .split('-')
    .map((text) => (field.names.includes(text) ? field.names.indexOf(text) : text === '' ? Number.NaN : Number(text)));
  if (low === undefined || !Number.isInteger(low)) return [Number.NaN, Number.NaN];
  if (high === undefined) return [low, stepped ? field.to : low];
  return [low, Number.isInteger(high) ? high : Number.NaN];
}
