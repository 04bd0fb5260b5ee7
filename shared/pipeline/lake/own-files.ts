import type { ObjectStore, StoredObject } from '../../model.ts';
import { LAKE_NAME } from './lake-word.ts';

/** Documents about the lake. */
export const OWN = '_insights-lake/';

/**
 * The files of a lake, without the documents about it and without the lakes that lie in folders of it: those have a
 * word of their own. One listing, and a look into each folder that can be one.
 */
export async function* filesOfLake(lake: ObjectStore): AsyncGenerator<StoredObject> {
  const lakes = new Map<string, boolean>();
  for await (const file of lake.list('')) {
    if (file.name.startsWith(OWN)) continue;
    if (!(await isInOther(file.name, lake, lakes))) yield file;
  }
}

/** Whether it lies in a lake in a folder of this one. `lakes`: folders that were looked into. */
export async function isInOther(
  name: string,
  lake: Pick<ObjectStore, 'head'>,
  lakes: Map<string, boolean>,
): Promise<boolean> {
  for (let end = name.indexOf('/'); end > 0; end = name.indexOf('/', end + 1)) {
    const folder = name.slice(0, end + 1);
    // The folders of partitions are many, and none of them is anybody's lake.
    if (/(=[^/]*|(^|\/)\d+)\/$/.test(folder)) continue;
    const known = lakes.get(folder) ?? (await lake.head(`${folder}${LAKE_NAME}`)) !== undefined;
    lakes.set(folder, known);
    if (known) return true;
  }
  return false;
}
