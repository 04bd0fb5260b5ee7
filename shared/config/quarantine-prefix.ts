import { type Token, templatePieces } from '../lake/path-template.ts';
import { signals } from '../signals/tables.ts';

/** Folders of a lake that hold its state. */
const KEPT = ['_insights-lake', '.insights-lake'];

/** What a value of each token looks like; of an app's name everything must be reckoned with. */
const VALUES: Readonly<Record<Token, string>> = {
  signal: `(?:${signals.join('|')})`,
  app: '.+',
  source: '[a-z0-9-]+',
  yyyy: '\\d{4}',
  MM: '\\d\\d',
  dd: '\\d\\d',
  HH: '\\d\\d',
  start: '[0-9tz]+',
  end: '[0-9tz]+',
  ext: '[a-z.]+',
};

/**
 * Why unreadable lines cannot go below `prefix` in a lake whose files are called by `template`; undefined when they
 * can. Where each folder of the prefix could be a folder of the data, a quarantine file could have the name of a file
 * with rows, and replace it; and what reads a signal's folder would read it along. Large and small letters, and forms
 * of a letter, count as the same: to some disks they are.
 */
export function quarantinePrefixFault(prefix: string, template: string): string | undefined {
  if (/[{}]/.test(prefix)) return 'a folder as it is called: it is no template';
  const folders = prefix.normalize('NFKC').toLowerCase().split('/');
  if (KEPT.includes(folders[0] ?? ''))
    return `a folder that is not ${KEPT.join(' or ')}, which hold the state of the lake`;
  const all = template.split('/').slice(0, -1);
  // What follows the first folder that only data has is inside.
  const end = all.findIndex((segment) =>
    templatePieces(segment).some((piece) => 'token' in piece && piece.token !== 'app'),
  );
  const segments = all.slice(0, end < 0 ? all.length : end + 1);
  const within = folders.every((folder, at) => segments[at] === undefined || patternOf(segments[at]).test(folder));
  return within ? 'a folder that no file with rows can lie in, such as _quarantine' : undefined;
}

function patternOf(segment: string): RegExp {
  const parts = templatePieces(segment).map((piece) =>
    'token' in piece ? VALUES[piece.token] : piece.text.toLowerCase().replace(/[^a-z0-9]/g, '\\$&'),
  );
  return new RegExp(`^${parts.join('')}$`, 'i');
}
