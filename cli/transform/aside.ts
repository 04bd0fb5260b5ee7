import { basename, sep } from 'node:path';
import type { Candidate, Settled } from '../../shared/source/blobs/copies/settle-copies.ts';
import type { Contents } from '../../shared/source/blobs/loose/contents.ts';
import { countText } from '../terminal/numbers.ts';
import { newPassed, type Passed } from './walk.ts';

/** What is not brought into the lake, with the reason: nothing is left out without a word. */
export interface Aside extends Passed {
  /** Records that are no signal, by what they are called. */
  readonly foreign: Map<string, number>;
  /** Files with nothing that can be read, with what they are. */
  readonly barren: Map<string, string>;
  /** Files that are only a part of what was asked for, with the reason. */
  readonly partial: Map<string, string>;
  /** Files that nobody takes for data. */
  readonly beside: Set<string>;
  /** Files of another lake. */
  readonly ofLakes: Set<string>;
  readonly same: string[];
  readonly differing: string[];
  readonly conflicts: (readonly [string, string])[];
  note(path: string, contents: Contents, kind: string | undefined): void;
  /** A file that is not empty and holds no record. */
  nothingIn(path: string, signature: string): void;
  copies(settled: Settled<Candidate>): void;
}

/** Notes and scripts that people put beside an export. */
const BESIDE = /\.(md|html?|sh|ps1|py|ini|ya?ml|log)$|(^|[\\/])(license|readme|thumbs\.db|desktop\.ini)[^\\/]*$/i;

const LAKE_FILE = /\.(parquet|csv(\.gz)?|ndjson(\.gz)?)$/;

export function newAside(): Aside {
  const aside = {
    ...newPassed(),
    foreign: new Map<string, number>(),
    barren: new Map<string, string>(),
    partial: new Map<string, string>(),
    beside: new Set<string>(),
    ofLakes: new Set<string>(),
    same: [] as string[],
    differing: [] as string[],
    conflicts: [] as (readonly [string, string])[],
  };
  const nothingIn = (path: string, signature: string): void => {
    if (LAKE_FILE.test(path) && [...aside.lakes].some((lake) => path.startsWith(lake + sep))) aside.ofLakes.add(path);
    else if (signature === '' && BESIDE.test(path)) aside.beside.add(path);
    else aside.barren.set(path, signature || 'no JSON record in it');
  };
  return {
    ...aside,
    nothingIn,
    note: (path, contents, kind) => {
      if (contents.bytes === 0) return; // a marker: nothing is lost with it
      if (contents.records === 0) nothingIn(path, contents.signature);
      else for (const each of contents.kinds) count(aside.foreign, kind ?? nameOf(each.category), each.records);
    },
    copies: ({ same, differing, conflict }) => {
      aside.same.push(...same.map(({ path }) => path));
      aside.differing.push(...differing.map(({ path }) => path));
      if (conflict) aside.conflicts.push([conflict[0].path, conflict[1].path]);
    },
  };
}

const nameOf = (category: string): string =>
  category === '' ? 'JSON of no kind that is known' : category.slice(0, 60);

const count = (counts: Map<string, number>, key: string, more: number): void => {
  counts.set(key, (counts.get(key) ?? 0) + more);
};

const shownFiles = 3;

/** So many of something, the first few by name. */
function some(names: readonly string[], one: string, many = `${one}s`): string {
  const first = names.slice(0, shownFiles).join(', ');
  return (
    `${countText(names.length)} ${names.length === 1 ? one : many}: ` +
    `${first}${names.length > shownFiles ? ', …' : ''}`
  );
}

const files = (paths: Iterable<string>, one: string, many?: string): string =>
  some(
    [...paths].map((path) => basename(path)),
    one,
    many,
  );

/** What is left out although nothing is wrong. */
export function noticeTexts({ foreign, beside, ofLakes, same, differing, hidden, links, special }: Aside): string[] {
  const records = [...foreign.values()].reduce((sum, each) => sum + each, 0);
  const kinds = [...foreign].sort(([, a], [, b]) => b - a).map(([kind, number]) => `${kind} (${countText(number)})`);
  const more = kinds.length > 10 ? `, and ${kinds.length - 10} more` : '';
  return [
    ...(records > 0
      ? [
          `${countText(records)} record${records === 1 ? '' : 's'} of other services or kinds left out: ` +
            `${kinds.slice(0, 10).join(', ')}${more}`,
        ]
      : []),
    ...(beside.size > 0 ? [files(beside, 'file beside the export left out', 'files beside the export left out')] : []),
    ...(ofLakes.size > 0 ? [files(ofLakes, 'file of another lake left out', 'files of another lake left out')] : []),
    ...(same.length > 0
      ? [files(same, 'copy of a file that is read, left out', 'copies of files that are read, left out')]
      : []),
    ...(differing.length > 0
      ? [
          files(
            differing,
            'copy that differs from its original, read as well',
            'copies that differ from their originals, read as well',
          ),
        ]
      : []),
    ...(hidden.size > 0 ? [files(hidden, 'hidden file or folder left out', 'hidden files or folders left out')] : []),
    ...(links.size > 0
      ? [files(links, 'link to a folder, or to nothing, not followed', 'links to folders, or to nothing, not followed')]
      : []),
    ...(special.size > 0
      ? [files(special, 'pipe, socket or device left out', 'pipes, sockets or devices left out')]
      : []),
  ];
}

/** What may be missing in the lake: the command does not end well. */
export function incompleteTexts({ unfinished, closed, barren, partial, conflicts }: Aside): string[] {
  const named = (all: ReadonlyMap<string, string>) => [...all].map(([path, why]) => `${basename(path)} (${why})`);
  return [
    ...(unfinished.size > 0
      ? [`${files(unfinished, 'unfinished download', 'unfinished downloads')}; download again what is missing`]
      : []),
    ...(closed.size > 0
      ? [
          `${some(named(closed), 'file or folder that cannot be opened', 'files or folders that cannot be opened')}; ` +
            'check permissions',
        ]
      : []),
    ...(barren.size > 0
      ? [some(named(barren), 'file without any record that can be read', 'files without any record that can be read')]
      : []),
    ...(partial.size > 0 ? [some(named(partial), 'file that is a part only', 'files that are a part only')] : []),
    ...conflicts.map(
      ([one, other]) =>
        `two files stand for one blob and differ, so its window is left as it is: ${one} and ${other}; give one ` +
        'of them',
    ),
  ];
}
