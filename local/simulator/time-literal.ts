/** Dates and date-times as we write them, up to a tick: canonical text, or undefined. */
export function timeOfLiteral(literal: string): string | undefined {
  const match = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?Z)?$/.exec(literal);
  if (!match || Number.isNaN(Date.parse(literal))) return undefined;
  return `${match[1]}T${match[2] ?? '00:00:00'}.${(match[3] ?? '').padEnd(7, '0')}Z`;
}
