/** A string literal of SQL: whatever the text holds, it stays text. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name of SQL: column, table. */
export const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A list literal of strings. */
export const quoteAll = (texts: readonly string[]): string => `[${texts.map(quote).join(', ')}]`;

/** A JSON path: `a.b.c` → `$.a.b.c`, each step quoted (`#` and names with blanks are steps like any other). */
export const jsonPath = (path: string): string =>
  `$${path
    .split('.')
    .map((step) => (/^\w+$/.test(step) ? `.${step}` : `."${step}"`))
    .join('')}`;

/** A merge patch (RFC 7396) that takes these paths out of an object: `['a.b', 'c']` → `{"a":{"b":null},"c":null}`. */
export function removal(paths: readonly string[]): string {
  const patch: Record<string, unknown> = {};
  for (const path of paths) {
    const steps = path.split('.');
    let level = patch;
    for (const step of steps.slice(0, -1)) {
      level[step] ??= {};
      level = level[step] as Record<string, unknown>;
    }
    level[steps.at(-1) ?? ''] = null;
  }
  return JSON.stringify(patch);
}

/** Every object on the way to these paths, outermost first: `['a.b.c']` → `['a', 'a.b']`. */
export function containersOf(paths: readonly string[]): readonly string[] {
  const all = paths.flatMap((path) => {
    const steps = path.split('.');
    return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('.'));
  });
  return [...new Set(all)];
}
