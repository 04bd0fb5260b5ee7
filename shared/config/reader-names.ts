import { columnsOf } from '../signals/columns-of.ts';
import { misreadAs } from '../signals/misread.ts';
import { signals } from '../signals/tables.ts';

/** What the name of an app must be where `misreadAs` says something; completes "X must be …". */
export const appNameMust = (name: string): string =>
  `a name that readers of the lake do not take for ${misreadAs(name)} where it stands in a folder (app=${name}), ` +
  `such as app-${name}`;

const columns: ReadonlyMap<string, string> = new Map(
  signals.flatMap((signal) => columnsOf(signal).map(({ name }) => [name.toLowerCase(), name] as const)),
);

/** Names for folders whose own is that of a column. */
const INSTEAD: Readonly<Record<string, string>> = {
  ...{
    appname: 'app',
    appid: 'app',
    ikey: 'app',
    source: 'origin',
    timestamp: 'date',
    itemtype: 'signal',
    name: 'app',
  },
};

/**
 * Keys of a path template (`key={app}`, `key=text`) that a column is called, too: in the folder it hides the column of
 * that name in most readers, and others fail.
 */
export function folderKeyFaults(template: string): string[] {
  const keys = [...template.matchAll(/(?:^|[/])([^/={}]+)=/g)].map(([, key = '']) => key);
  return [...new Set(keys)].flatMap((key) => {
    const column = columns.get(key.toLowerCase());
    if (column === undefined) return [];
    const instead = INSTEAD[key.toLowerCase()] ?? `lake_${key}`;
    return [
      `has the folder ${key}=…, and ${column} is a column of the files: readers show the folder's value in its ` +
        `place, or fail; call the folder ${instead}=, for example`,
    ];
  });
}
