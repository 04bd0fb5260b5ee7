const KEY = /_([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})(?=\/|$)/;

/**
 * What the names of one folder have in common, however a disk spells them: in small letters, letters with marks in one
 * form (macOS has another), the key of an app without dashes.
 */
export const plainFolder = (name: string): string => name.normalize('NFC').toLowerCase().replace(KEY, '_$1$2$3$4$5');

/** The same of a blob, packed or not. An app may be called `shop.gz`, and is none that is packed. */
export const plainName = (name: string): string => plainFolder(name).replace(/\.gz$/, '');
