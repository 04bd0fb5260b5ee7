import { shown } from '../../shared/config/secret.ts';
import type { Ledger } from '../../shared/model.ts';
import { usage } from '../failure.ts';

/** So many names an error says. */
const most = 10;

/**
 * Throws Failure where neither the settings (`named`) nor the ledger have an app of that name: a misspelt `--app` would
 * look as if all were well. '' is all apps; where no app is known at all yet, any may come.
 */
export async function knownApp(app: string, named: readonly string[], ledger: Pick<Ledger, 'feeds'>): Promise<void> {
  if (app === '' || named.includes(app)) return;
  const known = new Set(named);
  for await (const feed of ledger.feeds()) known.add(feed.app);
  if (known.has(app) || known.size === 0) return;
  const names = [...known].sort();
  const more = names.length > most ? `, … (${names.length} in all)` : '';
  throw usage(`--app must be one of ${names.slice(0, most).join(', ')}${more}; it is ${shown(app)}`);
}
