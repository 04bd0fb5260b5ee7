/** Names that readers of a lake take for something else when they stand as a folder: `key=value`. */

const WORDS: Readonly<Record<string, string>> = {
  ...{ null: 'no value', none: 'no value', nil: 'no value', na: 'no value' },
  ...{ true: 'a truth value', false: 'a truth value', nan: 'no number', inf: 'a number', infinity: 'a number' },
};

/** What readers make of the name of an app; undefined when it stays a name. */
export function misreadAs(name: string): string | undefined {
  if (Object.hasOwn(WORDS, name)) return WORDS[name];
  if (/^\d{4}-\d\d(-\d\d)?$/.test(name)) return 'a date';
  // whole numbers, 1e5, 1e-5, 0x1f, and as Java writes them 1f, 1d, 1l
  return /^(\d[\d-]*(e-?\d+)?[dfl]?|0x[0-9a-f]+)$/.test(name) ? 'a number' : undefined;
}
