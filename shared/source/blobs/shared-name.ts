import { exportOf, isNamed } from './layouts.ts';

/**
 * Why folders cannot be one feed: they are of different apps that have one short name, which nobody has given them. ''
 * when they can. Rows of two apps under one name could not be told apart, and ids of the one would take the place of
 * ids of the other.
 */
export function sharedNameText(
  folders: readonly { readonly folder: string; readonly app: string }[],
  apps: Readonly<Record<string, string>>,
): string {
  const byExport = new Map(folders.map((each) => [exportOf(each.folder), each]));
  const [first, second] = [...byExport.values()];
  if (first === undefined || second === undefined) return '';
  if ([...byExport.values()].every(({ folder }) => isNamed(folder, apps))) return '';
  return (
    `the export folders ${first.folder} and ${second.folder} both have the short name ${first.app}; give each a ` +
    'name in EXPORT_APPS, such as ' +
    `{${JSON.stringify(second.folder)}: "${first.app}-2", ${JSON.stringify(first.folder)}: "${first.app}"}`
  );
}
