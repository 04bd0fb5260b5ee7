import { createHash } from 'node:crypto';
import type { Millis, Signal, Window } from '../../../model.ts';
import type { ExportLayout } from '../layouts.ts';

/** What a look into a file told: how most of its records are laid out, their signal, and the earliest time of any. */
export interface LooseFacts {
  readonly layout: ExportLayout;
  readonly signal: Signal;
  readonly time: Millis | undefined;
}

const HOUR = 3_600_000;

/**
 * The window of a file that no folder says anything of: the hour of the time in its name (`_{yyyyMMdd_HHmmss}`), else
 * of its earliest record, else 1970-01-01. The source word is made of the name, so that no two files share a window.
 */
export function looseWindowOf(
  name: string,
  { signal, time }: Pick<LooseFacts, 'signal' | 'time'>,
  app = 'files',
  length: Millis = HOUR,
): Window {
  const start = Math.floor((timeInName(name) ?? time ?? 0) / length) * length;
  const source = `file-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
  return { app, signal, source, start, end: start + length };
}

function timeInName(name: string): Millis | undefined {
  const [, year, month, day, hour, minute, second] = /_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)(?!\d)/.exec(name) ?? [];
  if (year === undefined) return undefined;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return time >= Date.UTC(2010, 0) && time < Date.UTC(2100, 0) ? time : undefined;
}
