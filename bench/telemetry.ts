import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Data } from '../local/simulator/data.ts';
import { asExportRecord } from '../local/telemetry/asExportRecord.ts';
import type { Row } from '../local/telemetry/row.ts';
import { APP_COLUMNS, WORKSPACE_TABLES } from '../local/telemetry/tables.ts';
import { telemetryRows } from '../local/telemetry/telemetryRows.ts';
import type { Interval, Layout, Millis, Signal } from '../shared/model.ts';

/**
 * Telemetry by the gigabyte, made on the fly: the records of one hour over and over, each with an id and a time of its
 * own.
 */

export const HOUR: Interval = { start: Date.UTC(2024, 4, 10, 6), end: Date.UTC(2024, 4, 10, 7) };
/** Folder of the component whose requests these are, and their resource. */
export const COMPONENT = '/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/BENCH';
const shop = { seed: 'bench', app: 'bench', perHour: 4_000 };

/** Different rows of one signal; `few` are enough where volume is all that counts. */
const baseRows = (signal: Signal): Row[] => [...telemetryRows({ ...shop, signal, ...HOUR })];

const idOf = (n: number): string =>
  `${n.toString(16).padStart(8, '0')}-5eed-4000-8000-${((n * 2_654_435_761) % 2 ** 32).toString(16).padStart(12, '0')}`;

/**
 * `bytes` of Continuous Export or a little more, in pieces of about 1 MB. `long`: so many lines of 20 MB are among
 * them.
 */
export function* exportText(bytes: number, long = 0, signal: Signal = 'requests'): Generator<string> {
  const lines = baseRows(signal).map((row) => JSON.stringify(asExportRecord(row)).split(String(row.itemId)));
  const wide = 20 * 1024 * 1024;
  let [written, n, longs] = [0, 0, 0];
  while (written < bytes) {
    let piece = '';
    while (piece.length < 1024 * 1024) {
      piece += `${lines[n % lines.length]?.join(idOf(n))}\n`;
      n++;
    }
    if (longs < long && written > (bytes / (long + 1)) * (longs + 1)) {
      const [head = '', tail = ''] = lines[longs++] ?? [];
      piece += `${head}${idOf(n++)}${tail.replace('"dimensions":[', `"dimensions":[{"long":"${'long text, '.repeat(wide / 11)}"},`)}\n`;
    }
    written += piece.length;
    yield piece;
  }
}

/**
 * Records of the hour that starts at `hour`, without end, in pieces of about 1 MB: as diagnostic settings append them
 * to its blob, or with the names of data export.
 */
export function* appendedText(hour: Millis, signal: Signal = 'requests', time = 'time'): Generator<string> {
  const names = APP_COLUMNS[signal].filter(({ workspace }) => workspace !== '' && workspace !== 'TimeGenerated');
  const heads = baseRows(signal).map((row) => {
    const own = names.flatMap(({ name, type, workspace }) => {
      const value =
        type === 'dynamic' && row[name]
          ? JSON.parse(String(row[name]))
          : name === 'success'
            ? row[name] === 'True'
            : row[name];
      return value === null || value === undefined || value === '' ? [] : [[workspace, value]];
    });
    return JSON.stringify({ resourceId: COMPONENT, ...Object.fromEntries(own), Type: WORKSPACE_TABLES[signal] }).slice(
      1,
    );
  });
  for (let n = 0; ; ) {
    let piece = '';
    for (; piece.length < 1024 * 1024; n++) {
      const at = `${new Date(hour + (n % 3_600_000)).toISOString().slice(0, -1)}1234Z`;
      piece += `{"${time}":"${at}","_ItemId":"${idOf(n)}",${heads[n % heads.length]}\r\n`;
    }
    yield piece;
  }
}

/** `bytes` of records of a signal in a layout, or a little more. */
export function* recordsText(signal: Signal, layout: Exclude<Layout, 'query'>, bytes: number): Generator<string> {
  let written = 0;
  const names = layout === 'dataExport' ? 'TimeGenerated' : 'time';
  for (const piece of layout === 'continuous'
    ? exportText(bytes, 0, signal)
    : appendedText(HOUR.start, signal, names)) {
    yield piece;
    written += piece.length;
    if (written >= bytes) return;
  }
}

export const writeText = (path: string, text: Iterable<string>): Promise<void> =>
  pipeline(text, createWriteStream(path));

/**
 * Rows of requests, `count` of them spread evenly over the hour, each about `width` bytes longer than usual. `long`:
 * one of 20 MB.
 */
export function evenRows(count: number, width: number, long = false): Data {
  const base = baseRows('requests').map((row, n) => ({
    ...row,
    customDimensions: JSON.stringify({ text: textOf(n, width) }),
  }));
  const step = (HOUR.end - HOUR.start) / count;
  const at = (n: number): string => `${new Date(HOUR.start + n * step).toISOString().slice(0, -1)}0000Z`;
  return {
    *rows(_signal, { start, end }) {
      const [from, to] = [Math.floor((start - HOUR.start) / step), Math.ceil((end - HOUR.start) / step)];
      for (let n = Math.max(0, from); n < Math.min(count, to); n++) {
        const row: Row = { ...base[n % base.length], timestamp: at(n), itemId: idOf(n) };
        const isLong = long && n === Math.floor(count / 2);
        yield isLong
          ? { ...row, customDimensions: JSON.stringify({ long: 'long text, '.repeat((20 * 1024 * 1024) / 11) }) }
          : row;
      }
    },
  };
}

/** Words that compress about as well as those of a log. */
function textOf(n: number, width: number): string {
  let text = '';
  for (let word = n; text.length < width; word = (word * 1_103_515_245 + 12_345) % 2 ** 31)
    text += `${word.toString(36)} `;
  return text.slice(0, width);
}
