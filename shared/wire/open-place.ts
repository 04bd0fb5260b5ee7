import { createFolderStore } from '../lake/store-folder.ts';
import type { ObjectStore, Place } from '../model.ts';

/** A folder or a container as a store. Clients of Azure, which take a third of a second, are loaded for containers. */
export async function openPlace(place: Place): Promise<ObjectStore> {
  if (place.kind === 'folder') return createFolderStore(place.folder);
  const { openStore } = await import('./clients.ts');
  return openStore(place);
}
