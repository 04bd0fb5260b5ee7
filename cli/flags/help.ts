import type { Command } from '../command.ts';
import { type Flag, flagsOf } from './table.ts';

/** Texts of help are so wide at most, and the words of a flag begin so far in. */
const wide = 125;
const indent = 24;

/** What `help <command>` and `<command> --help` print, and docs/cli.md shows. */
export function helpText({ name, forms, about, examples, notes = [], exits = {} }: Command): string {
  const flags = [...flagsOf(name).map(([flag, entry]) => flagLines(name, flag, entry)), line('--help', 'this text')];
  const usages = forms.map(([usage]) => `insights-lake ${name}${usage === '' ? '' : ` ${usage}`}`);
  const paragraphs = [
    usages.join('\n'),
    about,
    flags.join('\n'),
    ...(examples === undefined ? [] : [`Examples\n${indented(examples)}`]),
    ...notes,
    ...(Object.keys(exits).length === 0 ? [] : [exitsText(exits)]),
  ];
  return paragraphs.join('\n\n');
}

/** What `help` prints: every form of every command in a line. */
export function generalHelp(commands: readonly Command[]): string {
  const forms = commands.flatMap(({ name, forms: all }) =>
    all.map(([usage, does]) => [`insights-lake ${name} ${usage}`.trim(), does] as const),
  );
  const most = Math.min(Math.max(...forms.map(([form]) => form.length)), 90);
  return [
    'insights-lake moves Application Insights telemetry into a data lake.',
    [...forms.map(([form, does]) => `  ${form.padEnd(most)}  ${does}`), '  insights-lake --version'].join('\n'),
    'Try: insights-lake help export',
  ].join('\n\n');
}

function flagLines(command: string, name: string, { value, default: usual, commands }: Flag): string {
  const told = commands[command] ?? '';
  return line(`--${name} ${value}`.trim(), usual === undefined ? told : `${told} (default: ${usual})`);
}

/** A flag and its words, wrapped; a flag that is too long for its column has a line of its own. */
function line(flag: string, words: string): string {
  const lines = wrapped(words, wide - indent);
  const head = `  ${flag}`;
  const gap = `\n${' '.repeat(indent)}`;
  return head.length < indent ? `${head.padEnd(indent)}${lines.join(gap)}` : `${head}${gap}${lines.join(gap)}`;
}

function wrapped(words: string, width: number): string[] {
  const lines = [''];
  for (const word of words.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

const exitsText = (exits: NonNullable<Command['exits']>): string =>
  `Exit codes\n${Object.entries(exits)
    .map(([code, means]) => `  ${code.padEnd(3)}  ${means}`)
    .join('\n')}`;

const indented = (text: string): string =>
  text
    .split('\n')
    .map((each) => `  ${each}`)
    .join('\n');
