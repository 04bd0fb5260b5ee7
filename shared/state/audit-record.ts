/** What audits know of a day, as it is kept: a small document or row of its own. Pure. */
import type { DayAudit, Millis } from '../model.ts';
import { COMMON_VERSION, checkStateVersion, readTime, spellTime } from './entry-record.ts';

/**
 * Each window as start and end in milliseconds of its day, its revision and fingerprint, and how long before `at` it
 * was first and last confirmed.
 */
type Line = readonly [start: Millis, end: Millis, revision: number, fingerprint: string, first: Millis, last: Millis];

export interface AuditRecord {
  readonly [name: string]: unknown;
  readonly stateVersion: number;
  readonly day: string;
  readonly at: string;
  readonly windows: readonly Line[];
}

export const auditRecord = ({ day, at, windows }: DayAudit): AuditRecord => ({
  stateVersion: COMMON_VERSION,
  day: spellTime(day),
  at: spellTime(at),
  windows: windows.map(({ start, end, revision, fingerprint, first, last }) => [
    start - day,
    end - day,
    revision,
    fingerprint,
    at - first,
    at - last,
  ]),
});

export function auditOf(record: Readonly<Record<string, unknown>>): DayAudit {
  checkStateVersion(record);
  const [day, at] = [readTime(record.day), readTime(record.at)];
  const lines: readonly Line[] = Array.isArray(record.windows) ? record.windows : [];
  return {
    day,
    at,
    windows: lines.map(([start, end, revision, fingerprint, first, last]) => ({
      start: day + start,
      end: day + end,
      revision,
      fingerprint,
      first: at - first,
      last: at - last,
    })),
  };
}
