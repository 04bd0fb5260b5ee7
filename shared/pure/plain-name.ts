const KEY = /_([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})(?=\/|$)/;

/**
 * What the names of one blob (or of its folder) have in common, however a disk spells them: in small letters, without
 * the ending of a packed file, letters with marks in one form (macOS has another), the key of an app without dashes.
 */
export const plainName = (name: string): string =>
  name.normalize('NFC').toLowerCase().replace(/\.gz$/, '').replace(KEY, '_$1$2$3$4$5');
