/** What a path of the lake says of its file: `filePath` the other way round. Pure. */
import type { Interval, Millis, Signal, Window } from '../model.ts';
import { signals } from '../signals/tables.ts';
import { defaultPathTemplate, formatOfPath, TOKENS, type Token, templatePieces } from './path-template.ts';
import { filePath } from './paths.ts';

/** A file of a window, by its path. */
export interface PathIdentity {
  readonly window: Window;
  /** Whose schema the file has. */
  readonly signal: Signal;
  /** Of a table's file; 0 where names tell none. */
  readonly revision: number;
}

/** Templates that files can have been named by, beside that of the settings. */
export const usualTemplates = [defaultPathTemplate('hour'), defaultPathTemplate('day')];
/** As `tableFilePath` has it. */
const TABLE = /_r([1-9]\d*)((?:_\d+)?\.parquet)$/;

/** Undefined where no template made the path. */
export function identityOf(path: string, templates: Iterable<string>): PathIdentity | undefined {
  const format = formatOfPath(path);
  if (format === undefined) return undefined;
  const [, revision] = TABLE.exec(path) ?? [];
  const plain = revision === undefined ? path : path.replace(TABLE, '$2');
  for (const template of [...templates, ...usualTemplates]) {
    const found = parsed(template, plain);
    if (found === undefined) continue;
    // Only what would be named so by us: digits and letters alone are not enough.
    const file = { ...found, ...format };
    if (spelled(template, file) === plain)
      return { window: found.window, signal: found.signal, revision: Number(revision ?? 0) };
  }
  return undefined;
}

type Parsed = Omit<PathIdentity, 'revision'> & { readonly partition: Millis; readonly part: number };

const patterns = new Map<string, RegExp>();

function parsed(template: string, path: string): Parsed | undefined {
  const pattern = patterns.get(template) ?? patternOf(template);
  patterns.set(template, pattern);
  const found = pattern.exec(path)?.groups;
  if (found === undefined) return undefined;
  const { yyyy = '', MM = '', dd = '', HH = '00', start = '', end = '', part = '1' } = found;
  const signal = signalOf(found.signal);
  const [source = '', from] = (found.source ?? '').split('-from-');
  const owner = from === undefined ? signal : signalOf(from);
  const times = { start: instantOf(start), end: instantOf(end) };
  const partition = Date.parse(`${yyyy}-${MM}-${dd}T${HH}:00:00Z`);
  const app = appOf(found.app ?? '');
  if (!signal || !owner || app === undefined || [times.start, times.end, partition].some(Number.isNaN))
    return undefined;
  if (times.end <= times.start) return undefined;
  return { window: { app, signal: owner, source, ...times }, signal, partition, part: Number(part) };
}

/** Undefined where it could not be named so. */
function spelled(template: string, file: Parameters<typeof filePath>[1]): string | undefined {
  try {
    return filePath(template, file);
  } catch {
    return undefined;
  }
}

function patternOf(template: string): RegExp {
  const stem = template.replace(/\.(\{ext\}|(parquet|ndjson|csv)(\.gz)?)$/, '');
  const seen = new Set<Token>();
  const body = templatePieces(stem).map((piece) => {
    if ('text' in piece) return piece.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const { token } = piece;
    if (seen.has(token)) return `\\k<${token}>`;
    seen.add(token);
    // As exact as can be: what an app is called can look like all else.
    if (token === 'start' || token === 'end') return `(?<${token}>\\d{8}T\\d{4}(?:\\d\\d)?(?:\\d{3})?Z)`;
    const length = token === 'yyyy' ? '{4}' : TOKENS[token].fixed ? '{2}' : '+';
    return `(?<${token}>${TOKENS[token].alphabet.source}${length})`;
  });
  return new RegExp(`^${body.join('')}(?:_(?<part>[1-9]\\d*))?\\.[a-z.]+$`);
}

const signalOf = (word: string | undefined): Signal | undefined => signals.find((signal) => signal === word);

/** NaN where it is none. */
export function instantOf(compact: string): Millis {
  const [, date = '', minutes = '', seconds = '00', millis = '000'] =
    /^(\d{8})T(\d{4})(\d\d)?(\d{3})?Z$/.exec(compact) ?? [];
  const day = date.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3');
  return Date.parse(`${day}T${minutes.slice(0, 2)}:${minutes.slice(2)}:${seconds}.${millis}Z`);
}

/** `20261121T0300Z_20261121T0400Z`; undefined where it is none. */
export function intervalOf(name: string): Interval | undefined {
  const [start = '', end = ''] = name.split('_');
  const times = { start: instantOf(start), end: instantOf(end) };
  return times.start < times.end ? times : undefined;
}

function appOf(word: string): string | undefined {
  try {
    return decodeURIComponent(word);
  } catch {
    return undefined;
  }
}
