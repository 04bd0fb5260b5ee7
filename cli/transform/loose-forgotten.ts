import type { Feed, Ledger, Window } from '../../shared/model.ts';
import { activeWindows } from '../../shared/pipeline/grid/grid.ts';
import { overlap } from '../../shared/pipeline/grid/tile-range.ts';
import { NAME } from './loose-registry.ts';

/**
 * Why windows of files that are new to the lake are not to be begun, '' where they may be: over their time the ledger
 * has rows of loose files that the lake remembers nothing of. Its document is gone, or from before, and they may be
 * those very files.
 */
export async function forgottenText(
  made: readonly Window[],
  known: readonly { readonly window: Window }[],
  ledger: Ledger,
): Promise<string> {
  if (made.length === 0) return '';
  const remembered = new Set([...made, ...known.map(({ window }) => window)].map(({ source }) => source));
  for await (const feed of ledger.feeds()) {
    if (!/^file-[0-9a-f]{32}$/.test(feed.source) || remembered.has(feed.source)) continue;
    const near = made.filter(({ app, signal }) => app === feed.app && signal === feed.signal);
    for (const { window, state, counts } of near.length === 0 ? [] : await activeWindows(feed, undefined, ledger))
      if (state !== 'retired' && counts.written > 0 && near.some((each) => overlap(each, window)))
        return textOf(feed, counts.written);
  }
  return '';
}

const textOf = ({ app, signal, source }: Feed, rows: number): string =>
  `the lake has ${rows} rows of loose files of ${app} ${signal} (${source}) and does not remember of which: ` +
  `${NAME} is gone, or from before. What is given may be those files, and their rows would come twice; nothing ` +
  'was begun. Restore it (soft delete, a copy), or bring them into another lake; docs/operations.md tells what else ' +
  'can be done';
