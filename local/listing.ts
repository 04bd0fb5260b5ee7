/**
 * What stands in for a container of very many blobs, which Azurite could not hold: the List Blobs protocol over names
 * alone.
 */
import { createServer } from 'node:http';

export interface Listing {
  /** Address of the container. */
  readonly url: string;
  /** Prefixes of the requests so far, in order: `flat` or `folders`, then the prefix. Every page is a request. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** Entries that a page holds at most, as of the service. */
const PAGE = 5_000;

/** `names` in order of their bytes. Each blob has one byte. */
export async function startListing(names: readonly string[]): Promise<Listing> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams: asks } = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (asks.get('comp') !== 'list') return void response.writeHead(400).end();
    const [prefix, folders] = [asks.get('prefix') ?? '', asks.get('delimiter') === '/'];
    asked.push(`${folders ? 'folders' : 'flat'} ${prefix}`);
    response.writeHead(200, { 'content-type': 'application/xml', 'x-ms-version': '2025-01-05' });
    response.end(pageOf(names, prefix, folders, Number(asks.get('marker') || -1)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('listing: the server has no address');
  return {
    url: `http://127.0.0.1:${address.port}/account/exports`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page from the name at index `marker` on; -1: from the start. */
function pageOf(names: readonly string[], prefix: string, folders: boolean, marker: number): string {
  let at = marker < 0 ? firstFrom(names, prefix) : marker;
  const entries: string[] = [];
  for (; entries.length < PAGE && names[at]?.startsWith(prefix); ) {
    const name = names[at] ?? '';
    const slash = folders ? name.indexOf('/', prefix.length) : -1;
    if (slash < 0) {
      entries.push(blobOf(name, at));
      at += 1;
    } else {
      const folder = name.slice(0, slash + 1);
      entries.push(`<BlobPrefix><Name>${folder}</Name></BlobPrefix>`);
      at = firstFrom(names, `${folder}\uffff`);
    }
  }
  const next = names[at]?.startsWith(prefix) ? String(at) : '';
  return (
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://127.0.0.1/account" ` +
    `ContainerName="exports"><Blobs>${entries.join('')}</Blobs><NextMarker>${next}</NextMarker></EnumerationResults>`
  );
}

const blobOf = (name: string, n: number): string =>
  `<Blob><Name>${name}</Name><Properties><Last-Modified>Sat, 31 Jan 2026 12:00:00 ` +
  `GMT</Last-Modified><Etag>0x8D${n.toString(16).padStart(13, '0')}</Etag><Content-Length>1</Content-Length>` +
  '<Content-Type>application/octet-stream</Content-Type><BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier>' +
  '<LeaseStatus>unlocked</LeaseStatus></Properties></Blob>';

/** The index of the first name that does not come before `text`. */
function firstFrom(names: readonly string[], text: string): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
