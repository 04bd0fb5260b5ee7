/** How what is printed is compared with an example of it: by what does not change from run to run. */

/** A line without times, addresses and numbers. */
export const lineShape = (line: string): string =>
  line
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/https?:\/\/[^\s:]+(:\d+)?(\/devstoreaccount1)?/g, '<address>')
    .replace(/\b[\w.-]+(:\d+)?: (?=\d+ signals)/, '<host>: ')
    .replace(/<address>\S*/g, '<address>')
    .replace(/\d[\d,.]*/g, '<number>')
    .replace(/ +/g, ' ')
    .trim();

/**
 * Paths of a document with the type of what lies there: `.signals[].app string`. Elements of a list are one; of an
 * empty list nothing is known.
 */
export function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((each) => shapeOf(each, `${path}[]`)))];
  if (typeof value !== 'object' || value === null) return [`${path} ${typeof value}`];
  return Object.entries(value).flatMap(([key, each]) => shapeOf(each, `${path}.${key}`));
}

/** A list that is empty in one of the two says nothing about the elements that it has in the other. */
export function differences(example: unknown, found: unknown): string[] {
  const [one, other] = [shapeOf(example), shapeOf(found)];
  const list = (line: string): string => line.slice(0, line.lastIndexOf('[]') + 2);
  const isTold = (line: string, others: readonly string[]): boolean =>
    !line.includes('[]') || others.some((each) => each.startsWith(list(line)));
  const only = (ones: readonly string[], others: readonly string[]): string[] =>
    ones.filter((line) => !others.includes(line) && isTold(line, others));
  return [
    ...only(one, other).map((line) => `only in the example:${line}`),
    ...only(other, one).map((line) => `not in the example:${line}`),
  ];
}
