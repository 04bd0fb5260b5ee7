import { crc32 } from 'node:zlib';
import type { Layout } from '../../model.ts';

/** What the rows of a blob have in common, as bytes; undefined: unknown. */
export interface BlobFacts {
  readonly window: Uint8Array;
  readonly key: Uint8Array | undefined;
  readonly app: Uint8Array | undefined;
  /** Differs between apps whose rows share a window: the same record of two of them is two rows. */
  readonly salt: number;
}

const encoder = new TextEncoder();
/** The folder of a classic export is `{appName}_{ikey without dashes}`; copies of it may have the dashes. */
const FOLDER = /(?:^|\/)([^/]+)_([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\//i;
const COMPONENT = /\/components\/([^/]+)\//i;

export function blobFacts(blob: string, layout: Layout, exportWindow: string): BlobFacts {
  const window = encoder.encode(exportWindow);
  const bytes = (text: string | undefined) => (text === undefined ? undefined : encoder.encode(text));
  if (layout === 'continuous') {
    const [, app, ...key] = FOLDER.exec(blob) ?? [];
    const own = app === undefined ? undefined : key.join('-').toLowerCase();
    return { window, app: bytes(app), key: bytes(own), salt: saltOf(own) };
  }
  const app = layout === 'diagnostics' ? COMPONENT.exec(blob)?.[1] : undefined;
  return { window, key: undefined, app: bytes(app), salt: saltOf(app?.toLowerCase()) };
}

const saltOf = (app: string | undefined): number => (app === undefined ? 0 : crc32(app));
