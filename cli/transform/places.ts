import { sep } from 'node:path';
import { copyKey, isCopy, originalOf } from '../../shared/source/blobs/copies/copy-key.ts';
import { type BlobPlace, recogniseBlob } from '../../shared/source/blobs/layouts.ts';

/** Where a file of an export belongs. */
export interface FilePlace extends BlobPlace {
  /**
   * What the blob is called, from the folder on that the export begins with: what is above it differs from machine to
   * machine.
   */
  readonly name: string;
  /** As in settle-copies.ts. */
  readonly key: string;
  readonly isCopy: boolean;
}

/** A folder that an export begins with: `{appName}_{ikey}`, or the container of one of the layouts after it. */
const EXPORT_FOLDER = /_[0-9a-f-]{32,36}$|^(insights-logs|insights-metrics|am)-/i;

/** Undefined for a loose file. */
export function placeOf(path: string): FilePlace | undefined {
  const name = nameIn(path);
  if (name === undefined) return undefined;
  const original = originalOf(name);
  const place = recogniseBlob(original) ?? recogniseBlob(name);
  return place && { ...place, name, key: copyKey(place, name), isCopy: isCopy(name) };
}

/** From the folder on that an export begins with; undefined when there is none. */
export function nameIn(path: string): string | undefined {
  const words = path.split(sep);
  const first = words.findLastIndex((word, index) => index < words.length - 1 && EXPORT_FOLDER.test(word));
  return first < 0 ? undefined : words.slice(first).join('/');
}

/**
 * The kind that a path tells of where it is none of ours: the container of another category, table or service, a type
 * folder that is no signal, the provider of another service below `resourceId=`. Undefined: the path says nothing.
 */
export function foreignKind(path: string): string | undefined {
  const name = nameIn(path) ?? '';
  if (name !== '' && recogniseBlob(originalOf(name)) !== undefined) return undefined;
  const container = /(?:^|\/)((?:insights-logs|insights-metrics|am)-[^/]+)\//i.exec(name)?.[1];
  if (container !== undefined) return container.toLowerCase();
  const classic = /[^/]+_[0-9a-f-]{32,36}\/([^/]+)\/\d{4}-\d\d-\d\d\//i.exec(name)?.[1];
  if (classic !== undefined) return classic;
  const provider = /(?:^|\/)resourceId=\/(?:[^/]+\/){4}providers\/([^/]+\/[^/]+)\//i.exec(
    path.split(sep).join('/'),
  )?.[1];
  return provider === undefined || /^microsoft\.insights\/components$/i.test(provider) ? undefined : provider;
}
