import type { Layout, Signal } from '../../shared/model.ts';
import { knownPaths } from '../../shared/signals/documented.ts';
import { signalTables } from '../../shared/signals/tables.ts';
import { isRecord, type Kind } from '../../shared/source/blobs/kinds.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The fields of a record that neither a column holds nor the documentation of the source names, as the app counts
 * drift. In classic records paths, of an element `request[].…`.
 */
export function unknownFields(record: Json, { layout, signal }: Kind & { readonly signal: Signal }): string[] {
  const known = knownOf(signal, layout);
  if (layout !== 'continuous') return Object.keys(record).filter((key) => !known(key));
  const { element } = signalTables[signal];
  const paths = new Set(leaves(record, '', known));
  return [...paths].map((path) => (path.startsWith(`${element}.`) ? path.replace('.', '[].') : path));
}

const cache = new Map<string, (path: string) => boolean>();

function knownOf(signal: Signal, layout: Layout): (path: string) => boolean {
  const key = `${signal} ${layout}`;
  const known = cache.get(key) ?? knownPaths(signal, layout);
  cache.set(key, known);
  return known;
}

/** Paths of values that are not known. Arrays are passed through; empty values say nothing. */
function* leaves(value: unknown, path: string, known: (path: string) => boolean): Iterable<string> {
  if (value === null || value === '') return;
  if (Array.isArray(value)) for (const each of value) yield* leaves(each, path, known);
  else if (isRecord(value))
    for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`, known);
  else if (!known(path)) yield path;
}
