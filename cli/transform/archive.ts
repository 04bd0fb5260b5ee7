import { realpathSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { type Contents, contentsOf } from '../../shared/source/blobs/loose/contents.ts';
import type { FileWindow } from '../../shared/source/blobs/loose/files.ts';
import type { TransformRequest } from '../deliver/ports.ts';
import { exitCodes, Failure } from '../failure.ts';
import { type Aside, incompleteTexts, newAside, noticeTexts } from './aside.ts';
import type { LookedInto } from './loose.ts';
import { foreignKind, placeOf } from './places.ts';
import { walk, whyClosed } from './walk.ts';

/** A window of an archive on disk. */
export interface ArchiveWindow extends FileWindow {
  readonly bytes: number;
}

/** What lies in the inputs of a transform, before the lake is asked what it has of it. */
export interface Archive {
  /** Files in the folders of an export. */
  readonly placed: readonly string[];
  /** Other files with records of a signal. */
  readonly loose: readonly LookedInto[];
  readonly aside: Aside;
}

/**
 * Looks through files and folders on disk. Throws Failure when a path does not exist or nothing at all is an export.
 */
export async function archiveOf(request: TransformRequest, abort?: AbortSignal): Promise<Archive> {
  const { inputs } = request;
  const aside = newAside();
  const all = await walk('transform', inputs, lakeFolder(request), aside);
  const placed = all.filter((path) => placeOf(path) !== undefined);
  const loose: LookedInto[] = [];
  for (const path of all.filter((each) => placeOf(each) === undefined)) {
    const contents = await lookInto(path, aside, abort);
    if (contents !== undefined) loose.push({ path: pathBelow(path, inputs), place: path, contents });
  }
  if (placed.length + loose.length === 0)
    throw new Failure(exitCodes.source, nothingIn(inputs, [...incompleteTexts(aside), ...noticeTexts(aside)]));
  return { placed, loose, aside };
}

/** The lake may lie within the folders that are given. Its path without links; undefined: it is not there yet. */
export const lakeFolder = ({ lake }: Pick<TransformRequest, 'lake'>): string | undefined =>
  lake.kind === 'folder' ? folderAt(lake.folder) : undefined;

export function folderAt(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** Where a file lies below what was named; what was named itself is called by its own name. */
function pathBelow(path: string, inputs: readonly string[]): string {
  const roots = inputs.map((input) => `${resolve(input)}${sep}`).filter((root) => path.startsWith(root));
  const longest = roots.reduce((one, other) => (other.length > one.length ? other : one), '');
  return longest === '' ? basename(path) : path.slice(longest.length).split(sep).join('/');
}

const nothingIn = (inputs: readonly string[], texts: readonly string[]): string =>
  `transform ${inputs.slice(0, 3).join(' ')}${inputs.length > 3 ? ' …' : ''}: no export blobs there` +
  `${texts.length === 0 ? '' : ` (${texts.join('; ')})`}; give the folder that was downloaded from the export ` +
  'container';

/** Undefined, and noted, when the file holds no record of a signal. */
async function lookInto(path: string, aside: Aside, abort: AbortSignal | undefined): Promise<Contents | undefined> {
  try {
    const contents = await contentsOf(path, abort);
    if (contents.partial !== '') aside.partial.set(path, contents.partial);
    if (contents.kinds.some(({ signal }) => signal !== undefined)) return contents;
    aside.note(path, contents, foreignKind(path));
  } catch (error) {
    if (abort?.aborted) throw error;
    aside.closed.set(path, whyClosed(path, error));
  }
  return undefined;
}
