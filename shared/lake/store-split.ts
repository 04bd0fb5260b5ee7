import type { ObjectStore } from '../model.ts';

/** One store out of two: names in the folder `prefix` belong to `other`, all else to `store`. */
export function splitStore(store: ObjectStore, other: ObjectStore, prefix: string): ObjectStore {
  const of = (name: string) => (name.startsWith(`${prefix}/`) ? other : store);
  return {
    ...store,
    prepare: async () => {
      await store.prepare();
      await other.prepare();
    },
    head: (name) => of(name).head(name),
    put: (name, content, etag) => of(name).put(name, content, etag),
    remove: (name, etag) => of(name).remove(name, etag),
    list: (name) => of(name).list(name),
    folders: (name) => of(name).folders(name),
    read: (name, range) => of(name).read(name, range),
  };
}
