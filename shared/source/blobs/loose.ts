import { createHash } from 'node:crypto';
import { constants, gunzipSync } from 'node:zlib';
import { createFramer } from '../../framing/framer.ts';
import type { Millis, Signal, Window } from '../../model.ts';
import { signalTables } from '../../signals/tables.ts';
import { type ExportLayout, TABLES } from './layouts.ts';

/** Where a file goes that no folder says anything of. */
export interface LooseFile {
  readonly window: Window;
  readonly layout: ExportLayout;
  /** False when neither a record nor a time was found: most likely a file of something else. */
  readonly telemetry: boolean;
}

/** So many bytes of a file are looked at. */
export const HEAD_BYTES = 64 * 1024;

const HOUR = 3_600_000;

/** The arrays of Continuous Export records. */
const RECORD_KEYS: ReadonlyMap<string, Signal> = new Map(
  Object.values(signalTables).map(({ element, signal }) => [element, signal]),
);

/**
 * The window of a file by its name and its first bytes: the layout and the signal of its first record that is one (else requests of
 * Continuous Export), the hour of the time in its name (`_{yyyyMMdd_HHmmss}`), else of the first time in a record, else 1970-01-01.
 * The source word is made of the name, so that no two files share a window.
 */
export function looseWindowOf(name: string, head: Uint8Array, app = 'files', length: Millis = HOUR): LooseFile {
  const clear = clearOf(head.subarray(0, HEAD_BYTES));
  const record = firstRecord(clear);
  const { layout, signal } = record ?? { layout: 'continuous' as const, signal: 'requests' as const };
  const time = timeInName(name) ?? firstTime(Buffer.from(clear).toString('latin1'));
  const start = Math.floor((time ?? 0) / length) * length;
  const source = `file-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
  const telemetry = record !== undefined || time !== undefined;
  return { window: { app, signal, source, start, end: start + length }, layout, telemetry };
}

function clearOf(head: Uint8Array): Uint8Array {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return head;
  try {
    // The head of a compressed file ends anywhere: what can be unpacked of it will do.
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, HEAD_BYTES);
  } catch {
    return new Uint8Array(0);
  }
}

function firstRecord(head: Uint8Array): { layout: ExportLayout; signal: Signal } | undefined {
  const framer = createFramer();
  const texts: string[] = [];
  for (const next of [() => framer.feed(head), () => framer.end()])
    for (const { kind, bytes } of next()) if (kind === 'document') texts.push(Buffer.from(bytes).toString());
  for (const text of texts) {
    const record: Record<string, unknown> = JSON.parse(text);
    const key = Object.keys(record).find((each) => RECORD_KEYS.has(each) && Array.isArray(record[each]));
    const signal = key && RECORD_KEYS.get(key);
    if (signal && ('context' in record || 'internal' in record)) return { layout: 'continuous', signal };
    const table = TABLES.get(String(record.Type ?? record.category ?? '').toLowerCase());
    if (table) return { layout: 'time' in record ? 'diagnostics' : 'dataExport', signal: table };
  }
  return undefined;
}

function timeInName(name: string): Millis | undefined {
  const [, year, month, day, hour, minute, second] = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?!\d)/.exec(name) ?? [];
  return year === undefined ? undefined : plausible(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function firstTime(text: string): Millis | undefined {
  for (const [, time = ''] of text.matchAll(/"(?:eventTime|time|TimeGenerated)"\s*:\s*"([^"]{1,40})"/g)) {
    const found = plausible(/(?:Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `0001-01-01` and the like are what a program writes that knows no time. */
function plausible(text: string): Millis | undefined {
  const time = Date.parse(text);
  return time >= Date.UTC(2010, 0) && time < Date.UTC(2100, 0) ? time : undefined;
}
