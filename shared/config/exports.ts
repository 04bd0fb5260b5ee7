import type { ExportSettings, Place } from '../model.ts';
import { signalTables } from '../signals/tables.ts';
import type { Connection } from './places.ts';
import type { SettingsDocument } from './schema.ts';

/**
 * `insights-logs-*` and `am-*`: one container per signal, named after its table (contracts of diagnostic settings and
 * data export).
 */
const PATTERN = /^(insights-logs-|am-)\*$/;

export const isContainerPattern = (name: string): boolean => PATTERN.test(name);

/** The containers that a list of names and patterns stands for, each once, in its order. */
export function containersOf(names: readonly string[]): string[] {
  const expanded = names.flatMap((name) => {
    const start = PATTERN.exec(name)?.[1];
    return start === undefined
      ? [name]
      : Object.values(signalTables).map(({ table }) => `${start}${table.toLowerCase()}`);
  });
  return [...new Set(expanded)];
}

/**
 * The prefix is that of the first container alone: what came after Continuous Export always begins at the root of its
 * own.
 */
export function exportsOf(
  blobs: NonNullable<SettingsDocument['exports']>,
  settings: SettingsDocument,
  connection: Connection,
): ExportSettings {
  const { prefix, window, refresh, lookback, emptied, dedupe, from, until, apps } = blobs;
  const [first = '', ...others] = containersOf(blobs.container);
  const placeOf = (container: string, folder: string): Place => ({
    kind: 'container',
    url: connection.blobUrl,
    container,
    prefix: folder,
    access: connection.access,
  });
  const place = placeOf(first, prefix);
  const places = [place, ...others.map((container) => placeOf(container, ''))];
  return {
    place,
    places,
    window,
    refresh,
    lookback,
    emptied,
    dedupe,
    from,
    until,
    signals: blobs.signals ?? settings.signals,
    apps,
  };
}
