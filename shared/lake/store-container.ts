/** A container of Blob Storage or ADLS Gen2 (through its blob endpoint), or a folder of one, as a store. */
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { ObjectStore, StoredObject } from '../model.ts';
import { failureCode, failureStatus, storeFailure } from './failure.ts';
import { noteThere, sinceText } from './missed.ts';
import { probe } from './probe.ts';
import { putBlob } from './put-blob.ts';
import { readBlob } from './read-blob.ts';

export interface ContainerStoreOptions {
  readonly client: ContainerClient;
  /** Folder in the container that the store's names are below; '' for all of it. */
  readonly prefix: string;
  /** A word that was never used before, always of the same length (a UUID): names the blocks of one upload. */
  readonly newId: () => string;
  /** Waits before a broken download goes on. Left out: as long as it should. */
  readonly pause?: (millis: number) => Promise<unknown>;
}

/** Listed with this metadata, a blob is a folder: of a hierarchical namespace, or a marker that other tools leave. */
const FOLDER_MARK = 'hdi_isfolder';

/** Tags are bare inside; requests want them in quotes, and so do some answers hand them over. */
const bare = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');
const quoted = (etag: string): string => `"${etag}"`;

/**
 * Every failure is a StoreFailure: one line, the service's code in `code` (`BlobArchived`, `ConditionNotMet`, …), no
 * secrets.
 */
export function createContainerStore({ client, prefix, newId, pause }: ContainerStoreOptions): ObjectStore {
  const folder = prefix.replace(/^\/+|\/+$/g, '');
  const root = folder === '' ? '' : `${folder}/`;
  const place = `${client.url.replace(/\?.*$/s, '').replace(/\/+$/, '')}/${root}`;
  const blob = (name: string) => client.getBlockBlobClient(`${root}${name}`);
  const container = client.url.replace(/\?.*$/s, '');
  const failure = (doing: string, error: unknown) => storeFailure(doing, error, {}, sinceText(container, error));
  const told = async <T>(verb: string, name: string, call: Promise<T>): Promise<T> => {
    try {
      const answer = await call;
      noteThere(container);
      return answer;
    } catch (error) {
      throw failure(`${verb} ${place}${name}`, error);
    }
  };

  const store: ObjectStore = {
    place,
    prepare: () => told('prepare', '', prepare(store, client)),
    head: (name) => told('look up', name, head(blob(name))),
    put: async (name, content, etag) => {
      const conditions = etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: quoted(etag) };
      const tag = await told('put', name, putBlob(blob(name), content, conditions, newId));
      return tag && bare(tag);
    },
    remove: (name, etag) => told('remove', name, remove(blob(name), etag)),
    async *list(below) {
      try {
        const pages = client.listBlobsFlat({ prefix: `${root}${below}`, includeMetadata: true });
        for await (const found of pages) if (!isFolder(found)) yield stored(found, root);
        noteThere(container);
      } catch (error) {
        throw failure(`list ${place}${below}`, error);
      }
    },
    async *folders(below) {
      try {
        const pages = client.listBlobsByHierarchy('/', { prefix: `${root}${below}` });
        for await (const found of pages) if (found.kind === 'prefix') yield found.name.slice(root.length);
        noteThere(container);
      } catch (error) {
        throw failure(`list ${place}${below}`, error);
      }
    },
    async *read(name, range) {
      if (range && range.end <= range.start) return;
      try {
        yield* readBlob(blob(name), range, pause);
        noteThere(container);
      } catch (error) {
        throw failure(`read ${place}${name}`, error);
      }
    },
  };
  return store;
}

type BlockBlob = ReturnType<ContainerClient['getBlockBlobClient']>;

async function head(blob: BlockBlob): Promise<string | undefined> {
  try {
    const found = await blob.getProperties();
    if (found.metadata?.[FOLDER_MARK] === 'true')
      throw Object.assign(new Error('a folder'), { code: 'PathAlreadyExists' });
    return bare(found.etag);
  } catch (error) {
    if (failureCode(error) === 'BlobNotFound') return undefined;
    throw error;
  }
}

async function remove(blob: BlockBlob, etag: string): Promise<boolean> {
  try {
    await blob.delete({ conditions: { ifMatch: quoted(etag) } });
    return true;
  } catch (error) {
    if (failureCode(error) === 'BlobNotFound') return true;
    // A blob that is gone does not meet the condition either (Azurite says so).
    if (failureCode(error) === 'ConditionNotMet') return (await head(blob)) === undefined;
    throw error;
  }
}

function isFolder({ metadata, properties }: BlobItem): boolean {
  return (
    properties.contentLength === 0 &&
    Object.entries(metadata ?? {}).some(([key, value]) => key.toLowerCase() === FOLDER_MARK && value === 'true')
  );
}

function stored({ name, properties }: BlobItem, root: string): StoredObject {
  const archived = properties.accessTier === 'Archive';
  return { name: name.slice(root.length), bytes: properties.contentLength ?? 0, etag: bare(properties.etag), archived };
}

/** Who may write need not be allowed to create containers: so one is created only where it is missing. */
async function prepare(store: ObjectStore, client: ContainerClient): Promise<void> {
  try {
    await probe(store);
  } catch (error) {
    // A container of OneLake is a workspace, which no call to storage makes.
    const makes = !/\.fabric\.microsoft\.com$/i.test(new URL(client.url).hostname);
    if (failureCode(error) !== 'ContainerNotFound' || !makes) throw error;
    await client
      .createIfNotExists()
      .catch((refused) => Promise.reject(failureStatus(refused) === 403 ? error : refused));
    await probe(store);
  }
}
