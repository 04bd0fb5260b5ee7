import type { Ledger } from '../../model.ts';
import { componentOf, exportOf } from './layouts.ts';

/** What a lake remembers of export folders. */
export type Names = Pick<Ledger, 'appKnown' | 'appNamed'>;

/** Other folders with the exports of the same app. */
export const twinsOf = (folder: string, others: Iterable<string>): string[] =>
  [...others].filter((other) => exportOf(other) === exportOf(folder) && componentOf(other) !== componentOf(folder));

/**
 * The name that a folder goes by in the lake: its own, or that of another folder with the exports of the same app.
 * Nothing is remembered of a folder that would go by another name than `app`. `others`: folders beside it, which
 * earlier versions remembered by themselves only.
 */
export async function rememberedName(
  layout: string,
  folder: string,
  app: string,
  names: Names,
  others: Iterable<string>,
): Promise<string> {
  const [component, whole] = [`${layout} ${componentOf(folder)}`, `${layout} ${exportOf(folder)}`];
  const known = await names.appKnown(component);
  if (known !== undefined && known !== app) return known;
  const twin = known === undefined ? await nameOfTwin(layout, twinsOf(folder, others), app, names) : undefined;
  if (twin !== undefined) return twin;
  const first = whole === component ? app : await names.appNamed(whole, app);
  if (known !== undefined || first !== app) return known ?? first;
  return names.appNamed(component, app);
}

/** Undefined: none has a name, or one has this. */
async function nameOfTwin(layout: string, twins: readonly string[], app: string, names: Names) {
  const known = new Set<string>();
  for (const twin of twins) {
    const name = await names.appKnown(`${layout} ${componentOf(twin)}`);
    if (name !== undefined) known.add(name);
  }
  return known.has(app) ? undefined : [...known][0];
}
