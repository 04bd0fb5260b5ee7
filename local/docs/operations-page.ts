import { lineWords, stateWords } from './log-words.ts';

/** docs/operations.md with the lines of the log and the states of a run, between comments that say so. */
export function operationsPage(text: string): string {
  const lines = Object.entries(lineWords).flatMap(([event, { written, fields }]) => [
    '',
    `\`event\` \`${event}\`, ${written}:`,
    '',
    '| field | |',
    '|---|---|',
    ...Object.entries(fields).map(([name, words]) => `| \`${name}\` | ${words} |`),
  ]);
  const states = [
    '| `state` of a run | it means | what it asks of you |',
    '|---|---|---|',
    ...Object.entries(stateWords).map(([state, words]) => `| \`${state}\` | ${words.join(' | ')} |`),
  ];
  return between(between(text, 'log lines', lines.slice(1)), 'states', states);
}

/** The lines between `<!-- npm run docs: name -->` and the next `<!-- end -->`. Throws where they are not there. */
export function between(text: string, name: string, lines: readonly string[]): string {
  const start = `<!-- npm run docs: ${name} -->\n`;
  const at = text.indexOf(start);
  const end = text.indexOf('<!-- end -->', at);
  if (at < 0 || end < 0) throw new Error(`npm run docs: there is no ${start.trim()} with an <!-- end --> behind it`);
  return `${text.slice(0, at + start.length)}\n${lines.join('\n')}\n\n${text.slice(end)}`;
}
