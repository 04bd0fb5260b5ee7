import { isUtf8 } from 'node:buffer';
import type { Chance } from '../../../local/telemetry/chance.ts';
import type { Millis, Signal } from '../../../shared/model.ts';
import { columnsOf } from '../../../shared/signals/columns-of.ts';

/**
 * What grows in appended blobs: records of both layouts with the rows that they are to become, and lines that nobody
 * can read.
 */

export type Row = Readonly<Record<string, unknown>>;

/** A line of a blob, its end included. */
export interface Line {
  readonly bytes: Buffer;
  /** The row that must come of it; of a line that stands there twice, both times. */
  readonly row?: Row;
  /** What must come to quarantine: the line without its end. */
  readonly bad?: Buffer;
  /**
   * The row that stands in the lake as long as the blob ends behind so many bytes of the bad line: they look whole
   * until more comes.
   */
  readonly early?: { readonly lengths: readonly number[]; readonly row: Row };
}

type TimeKey = 'time' | 'TimeGenerated';

const hour = 3_600_000;
const RESOURCE = '/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/SHOP';
const TEXTS = [
  '',
  'ü',
  'größer 😀',
  '日本語',
  '\\"{}[],:',
  '\u2028\u007f',
  '\r\n\t',
  '{"a":"}{"}',
  'ein langer Satz, '.repeat(20),
];
/** Beyond the length that the engine reads at one go. */
const LONG = 280 * 1024;

const timeOf = (at: Millis, digits: string): string => new Date(at).toISOString().replace('.000Z', `.${digits}Z`);
/** Microseconds, as the lake has them: the seventh digit is cut off. */
const stampOf = (at: Millis, digits: string): string => timeOf(at, digits.padEnd(6, '0').slice(0, 6));

const emptyRow = (signal: Signal): Row => Object.fromEntries(columnsOf(signal).map(({ name }) => [name, null]));

/** Receipt time files a request: it may be hours older than its folder. */
function requestLine(n: number, start: Millis, chance: Chance): Pick<Line, 'bytes' | 'row'> {
  const at = start + chance.int(0, 3599) * 1000 - (chance.hit(0.1) ? chance.int(1, 3) * hour : 0);
  const digits = chance.pick(['1234567', '9999999', '5', '000']);
  const text = chance.pick(TEXTS);
  const own = {
    Id: `r${n}`,
    Name: `GET /${text}`,
    Success: chance.hit(0.5),
    ResultCode: '200',
    DurationMs: n + 0.25,
    ItemCount: n % 5,
  };
  const properties = { text, n: String(n) };
  const record = {
    time: timeOf(at, digits),
    resourceId: RESOURCE,
    Type: 'AppRequests',
    ...own,
    Properties: properties,
    _ItemId: `i${n}`,
  };
  const row = {
    ...emptyRow('requests'),
    timestamp: stampOf(at, digits),
    ...{
      itemType: 'request',
      id: own.Id,
      name: own.Name,
      success: own.Success,
      resultCode: '200',
      duration: own.DurationMs,
    },
    ...{ customDimensions: properties, itemId: `i${n}`, itemCount: own.ItemCount, extra: { resourceId: RESOURCE } },
  };
  return { bytes: Buffer.from(JSON.stringify(record)), row };
}

function traceLine(
  n: number,
  start: Millis,
  chance: Chance,
  time: TimeKey,
  long: boolean,
): Pick<Line, 'bytes' | 'row'> {
  const at = start + chance.int(0, 3599) * 1000;
  const message = long ? `${n} ${'日本語 😀 "quoted" '.repeat(LONG / 26)}` : chance.pick(TEXTS) + n;
  const properties = { text: chance.pick(TEXTS) };
  const record = {
    ...{ TenantId: 't', [time]: timeOf(at, '7654321'), Message: message, SeverityLevel: n % 5 },
    ...{ Properties: JSON.stringify(properties), Type: 'AppTraces', _ItemId: `t${n}`, _BilledSize: n },
  };
  const row = {
    ...emptyRow('traces'),
    ...{
      timestamp: stampOf(at, '7654321'),
      itemType: 'trace',
      message,
      severityLevel: n % 5,
      customDimensions: properties,
    },
    ...{ itemId: `t${n}`, extra: { TenantId: 't', _BilledSize: n } },
  };
  return { bytes: Buffer.from(JSON.stringify(record)), row };
}

/** Each can be told from what follows it on the next line. */
const BAD: readonly ((n: number, time: TimeKey) => Buffer)[] = [
  (n) => Buffer.from(`no record at all, ${n}`),
  (n) => Buffer.from(`{"time":"2026-01-31T12:00:00Z","n":${n},"Name":"cut in größe`),
  (n, time) => Buffer.from(`{"Type":"AppRequests","${time}":"2026-01-31T05:00:00Z","n":${n}} and more`),
  (n) =>
    Buffer.concat([
      Buffer.from(`{"Type":"AppTraces","n":${n},"Message":"`),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]),
  (n) => Buffer.from(`{"Type":"AppRequests","Name":"\u0001 ${n}"}`),
  (n) => Buffer.from(`{"Type":"AppSystemEvents","time":"2026-01-31T12:00:00Z","n":${n}}`),
  () => Buffer.alloc(7),
];

function earlyOf(bad: Buffer, n: number): NonNullable<Line['early']> {
  const whole = bad.indexOf('}') + 1;
  const name = bad.includes('"time"') ? 'SHOP' : null;
  const row = {
    ...emptyRow('requests'),
    ...{ timestamp: '2026-01-31T05:00:00.000000Z', itemType: 'request', appName: name, extra: { n } },
  };
  return { lengths: [whole, whole + 1], row };
}

/** The lines of a blob. Data export repeats some; one of each blob is long. */
export function linesOf(
  layout: 'diagnostics' | 'dataExport',
  count: number,
  first: number,
  start: Millis,
  chance: Chance,
): Line[] {
  const lines: Line[] = [];
  for (let n = first; n < first + count; n++) {
    const time = layout === 'diagnostics' ? 'time' : 'TimeGenerated';
    const long = n === first + Math.floor(count * 0.85);
    const end = Buffer.from(chance.pick(['\n', '\n', '\r\n', '\n\n', ' \r\n\r\n']));
    if (chance.hit(0.06)) {
      const bad = chance.pick(BAD)(n, time);
      lines.push({
        bytes: Buffer.concat([bad, end]),
        bad,
        ...(bad.includes('} and') ? { early: earlyOf(bad, n) } : {}),
      });
    }
    // A record of another table than its container's has a file of its own.
    const { bytes, row } =
      time === 'time' && !long ? requestLine(n, start, chance) : traceLine(n, start, chance, time, long);
    // Diagnostic settings have the component's name in the path.
    const named = row && { ...row, appName: layout === 'diagnostics' ? 'SHOP' : null };
    const line = { bytes: Buffer.concat([bytes, end]), ...(named && { row: named }) };
    lines.push(line, ...(layout === 'dataExport' && chance.hit(0.05) ? [line] : []));
  }
  return lines;
}

/**
 * `count` places to cut the lines at, in order: anywhere in a line, inside of a character, at or inside of a line's
 * end, and where a bad line still looks whole. The end of all is the last.
 */
export function cutsOf(lines: readonly Line[], count: number, chance: Chance): number[] {
  const starts: number[] = [];
  let total = 0;
  const cuts = new Set<number>();
  for (const { bytes, early } of lines) {
    starts.push(total);
    for (const length of early?.lengths ?? []) cuts.add(total + length);
    total += bytes.length;
  }
  cuts.add(total);
  while (cuts.size < count) {
    const index = chance.int(0, lines.length - 1);
    const { bytes } = lines[index] ?? { bytes: Buffer.alloc(0) };
    const inside = chance.pick([
      chance.int(0, bytes.length),
      midCharacter(bytes, chance),
      bytes.indexOf(0x0a),
      bytes.indexOf(0x0a) + 1,
    ]);
    const at = (starts[index] ?? 0) + inside;
    if (at > 0) cuts.add(at);
  }
  return [...cuts].sort((one, other) => one - other);
}

/** Between two bytes of a character, where there is one. */
function midCharacter(bytes: Buffer, chance: Chance): number {
  const from = chance.int(0, bytes.length);
  const at = bytes.findIndex((byte, index) => index >= from && (byte & 0xc0) === 0x80);
  return at < 0 ? from : at;
}

/** Whether the first `length` bytes of a blob end where a bad line still looks whole. */
export function looksWhole(lines: readonly Line[], length: number): boolean {
  let from = 0;
  return lines.some(({ bytes, early }) => {
    from += bytes.length;
    return early?.lengths.includes(length - from + bytes.length) === true;
  });
}

/** Whether the first `length` bytes of a blob end in the middle of a character. */
export const endsInCharacter = (bytes: Buffer, length: number): boolean =>
  !isUtf8(bytes.subarray(Math.max(0, length - 8), length));
