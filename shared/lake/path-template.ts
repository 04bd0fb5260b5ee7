/** The language of path templates: literal text and {tokens}. Pure. */
import type { Output } from '../model.ts';

/**
 * What the value of each token can look like: `fixed` values always have the same length (for one lake); of the others,
 * the characters that they can consist of. Only `app` is free, but for the `/` and what `paths.ts` escapes.
 */
export const TOKENS = {
  signal: { fixed: false, alphabet: /[A-Za-z]/ },
  app: { fixed: false, alphabet: /[^/]/ },
  source: { fixed: false, alphabet: /[A-Za-z0-9-]/ },
  yyyy: { fixed: true, alphabet: /\d/ },
  MM: { fixed: true, alphabet: /\d/ },
  dd: { fixed: true, alphabet: /\d/ },
  HH: { fixed: true, alphabet: /\d/ },
  start: { fixed: false, alphabet: /[0-9TZ]/ },
  end: { fixed: false, alphabet: /[0-9TZ]/ },
  ext: { fixed: true, alphabet: /[a-z.]/ },
} as const;

export type Token = keyof typeof TOKENS;

/** Tokens that the paths of a lake must hold, so that no two windows share a file. */
const REQUIRED: readonly Token[] = ['app', 'signal', 'source', 'start', 'end', 'yyyy', 'MM', 'dd'];

/** Blob names end here. */
export const MAX_PATH = 1024;

export type Piece = { readonly token: Token } | { readonly text: string };

export function defaultPathTemplate(partition: Output['partition']): string {
  const hour = partition === 'hour' ? '/hour={HH}' : '';
  return `{signal}/app={app}/date={yyyy}-{MM}-{dd}${hour}/{source}_{start}_{end}.{ext}`;
}

export const isToken = (word: string): word is Token => Object.hasOwn(TOKENS, word);

/** Cuts a template into text and tokens; a word in braces that is no token stays text. */
export function templatePieces(template: string): Piece[] {
  return template.split(/(\{\w+\})/).flatMap((text): Piece[] => {
    const word = text.slice(1, -1);
    if (text.startsWith('{') && isToken(word)) return [{ token: word }];
    return text === '' ? [] : [{ text }];
  });
}

/**
 * The format of a file by its path, which keeps it: settings may say another by now. Undefined where the path tells
 * none.
 */
export function formatOfPath(path: string): Pick<Output, 'format' | 'gzip'> | undefined {
  const [, format, packed] = /\.(parquet|ndjson|csv)(\.gz)?$/.exec(path) ?? [];
  const known = (['parquet', 'ndjson', 'csv'] as const).find((each) => each === format);
  return known && { format: known, gzip: packed !== undefined };
}

/** Where a template without {ext} must end. */
export function extension({ format, gzip }: Pick<Output, 'format' | 'gzip'>): string {
  return gzip && format !== 'parquet' ? `${format}.gz` : format;
}

/** The template without its extension, or undefined where it ends in another one. */
export function templateStem(template: string, output: Pick<Output, 'format' | 'gzip'>): string | undefined {
  const ending = ['.{ext}', `.${extension(output)}`].find((end) => template.endsWith(end));
  return ending && template.slice(0, -ending.length);
}

/**
 * What is wrong with a template, one line each; none when it is sound. A sound one gives different paths to different
 * (app, signal, source, window, partition, part), which is what keeps runs of different windows off each other's files.
 */
export function pathTemplateFaults(template: string, output: Pick<Output, 'format' | 'gzip' | 'partition'>): string[] {
  const words = [...template.matchAll(/\{([^{}]*)\}/g)].map((found) => found[1] ?? '');
  const unknown = words.filter((word) => !isToken(word)).map((word) => `{${word}}`);
  const required = output.partition === 'hour' ? [...REQUIRED, 'HH'] : REQUIRED;
  const missing = required.filter((token) => !words.includes(token)).map((token) => `{${token}}`);
  const tokens = Object.keys(TOKENS).map((token) => `{${token}}`);
  const stem = templateStem(template, output);
  const faults = [
    unknown.length > 0 && `${unknown.join(', ')} is no token: there are ${tokens.join(' ')}`,
    missing.length > 0 && `lacks ${missing.join(', ')}: windows, partitions, apps and signals must be told apart`,
    stem === undefined && `must end with .{ext} or .${extension(output)}`,
    template.length > MAX_PATH - 300 && `is too long: paths may have ${MAX_PATH} characters with every token filled in`,
    ...literalFaults(template),
    ...(stem === undefined ? [] : stem.split('/').flatMap(segmentFaults)),
    stem !== undefined && fileNameFault(stem.split('/').at(-1) ?? ''),
  ];
  return faults.filter((fault) => fault !== false && fault !== undefined);
}

function literalFaults(template: string): string[] {
  const literal = template.replace(/\{[^{}]*\}/g, '');
  const bad = [...new Set(literal.match(/[^\p{L}\p{N}_.=,@()~/ -]/gu))];
  const segments = template.split('/');
  const faults = [
    bad.length > 0 && `has ${bad.join(' ')} in it: not every lake and reader can have that in a path`,
    segments.includes('') && 'has an empty folder name: no / at the start or end, and none twice',
    segments.some((segment) => /^\.+$/.test(segment)) && 'has a folder of dots',
    segments.some((segment) => /^[_.]/.test(segment)) &&
      'has a folder or file that starts with _ or . (Spark would not see it)',
    segments.some((segment) => /^ |[. ]$/.test(segment)) &&
      'has a name that begins with a space or ends with a space or dot',
  ];
  return faults.filter((fault) => fault !== false);
}

/**
 * Reads a segment as a parser of its paths would: from the left up to {app}, and from the right down to it. A value
 * ends where the text next to it begins with a character that it cannot hold; otherwise two different paths could be
 * spelled alike.
 */
function segmentFaults(segment: string): string[] {
  const pieces = templatePieces(segment);
  const app = pieces.findIndex((piece) => 'token' in piece && piece.token === 'app');
  const apps = pieces.filter((piece) => 'token' in piece && piece.token === 'app').length;
  if (apps > 1) return [`has {app} twice in ${segment}`];
  const left = app < 0 ? pieces : pieces.slice(0, app + 1);
  const right = app < 0 ? [] : pieces.slice(app);
  return [
    ...left.flatMap((piece, at) => gapFault(piece, left[at + 1], 0)),
    ...right.flatMap((piece, at) => gapFault(piece, right[at - 1], -1)),
  ];
}

/** `edge`: which character of the neighbouring text touches the token, 0 the first, -1 the last. */
function gapFault(piece: Piece, neighbour: Piece | undefined, edge: 0 | -1): string[] {
  if (!('token' in piece) || !neighbour || piece.token === 'app' || TOKENS[piece.token].fixed) return [];
  const touching = 'text' in neighbour ? neighbour.text.at(edge) : undefined;
  if (touching !== undefined && !TOKENS[piece.token].alphabet.test(touching)) return [];
  return [
    `needs a _ ${edge === 0 ? 'after' : 'before'} {${piece.token}}: its value could not be told from what stands ` +
      'next to it',
  ];
}

/** Parts append `_2`, `_3`, … to the file name: what it ends with must not be able to look like that. */
function fileNameFault(name: string): string | undefined {
  const last = templatePieces(name).at(-1);
  if (!name.includes('{app}')) return undefined;
  const ends: readonly Token[] = ['start', 'end', 'source', 'signal'];
  if (last && 'token' in last && ends.includes(last.token)) return undefined;
  return 'has {app} in the file name: then it must end with {start}, {end}, {source} or {signal}';
}
