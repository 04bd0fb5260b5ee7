import type { Ledger } from '../../model.ts';
import { componentOf, exportOf } from './layouts.ts';

/** What a lake remembers of export folders. */
export type Names = Pick<Ledger, 'appKnown' | 'appNamed'>;

/**
 * The name that a folder goes by in the lake: its own, or that of another folder with the exports of the same app.
 * Nothing is remembered of a folder that would go by another name than `app`.
 */
export async function rememberedName(layout: string, folder: string, app: string, names: Names): Promise<string> {
  const [component, whole] = [`${layout} ${componentOf(folder)}`, `${layout} ${exportOf(folder)}`];
  const known = await names.appKnown(component);
  if (known !== undefined && known !== app) return known;
  const first = whole === component ? app : await names.appNamed(whole, app);
  if (known !== undefined || first !== app) return known ?? first;
  return names.appNamed(component, app);
}
