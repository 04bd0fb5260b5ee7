import { plainName } from '../../../pure/plain-name.ts';
import { type BlobPlace, exportOf } from '../layouts.ts';

/** What systems put behind or before the name of a copy, and what keeps an older one. */
const COPY = /( ?\(\d+\)| - copy( \(\d+\))?| copy( \d+)?|[_-]copy\d*| \d+)$/i;

/** The name that a blob would have without the mark of a copy (`PT1H (1).json`) and unpacked. */
export function originalOf(name: string): string {
  const at = name.lastIndexOf('/') + 1;
  const file = name.slice(at).replace(/\.gz$/i, '');
  const kept = file.replace(/^copy of /i, '').replace(/(\.(json|blob))(\.\d+|\.bak|\.old|\.orig|~)$/i, '$1');
  const [, stem = kept, ending = ''] = /^(.*?)(\.(?:json|blob))$/i.exec(kept) ?? [];
  return `${name.slice(0, at)}${stem.replace(COPY, '')}${ending}`;
}

/** Whether a blob is a copy by its own name. */
export const isCopy = (name: string): boolean => name.replace(/\.gz$/i, '') !== originalOf(name);

/**
 * What a blob and its copies have in common, wherever in a container or on a disk they lie: what is above the folder of
 * the app is no part of it.
 */
export const copyKey = ({ folder }: Pick<BlobPlace, 'folder'>, name: string): string =>
  `${exportOf(folder)}${plainName(originalOf(name).slice(folder.length))}`;
