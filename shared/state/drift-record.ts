/** How a first sighting of an unknown field is kept: a small document or row of its own. Pure. */
import { createHash } from 'node:crypto';
import type { DriftSighting, Signal } from '../model.ts';
import { COMMON_VERSION, checkStateVersion, readTime, spellTime } from './entry-record.ts';

/** Names the field of that app, source and signal; paths hold what no key of a table may. */
export const driftKey = ({
  app,
  source,
  signal,
  path,
}: Pick<DriftSighting, 'app' | 'source' | 'signal' | 'path'>): string =>
  createHash('sha256').update([app, source, signal, path].join('\n')).digest('hex').slice(0, 32);

export const driftRecord = ({
  app,
  source,
  signal,
  path,
  count,
  firstSeen,
}: DriftSighting): Readonly<Record<string, string | number>> => ({
  stateVersion: COMMON_VERSION,
  app,
  source,
  signal,
  path,
  rows: count,
  firstSeen: spellTime(firstSeen),
});

export function driftOf(record: Readonly<Record<string, unknown>>): DriftSighting {
  checkStateVersion(record);
  const { app, source, signal, path, rows, firstSeen } = record;
  const names = { app: String(app), source: String(source), signal: String(signal) as Signal, path: String(path) };
  return { ...names, count: Number(rows), firstSeen: readTime(firstSeen) };
}
