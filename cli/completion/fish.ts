import type { Command } from '../command.ts';
import { type Flag, flagsOf } from '../flags/table.ts';

export function fishScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const first = commands.map(
    ({ name, forms }) =>
      `complete -c insights-lake -n __fish_use_subcommand -f -a ${name} -d ${quoted(forms[0]?.[1] ?? '')}`,
  );
  const lines = commands.flatMap((command) => [
    ...flagsOf(command.name).map(([name, flag]) => flagLine(command.name, name, flag)),
    `${seen(command.name)} -l help -d 'this text'`,
    ...wordsOf(command, names),
  ]);
  return [...first, ...lines, ''].join('\n');
}

const seen = (command: string): string => `complete -c insights-lake -n '__fish_seen_subcommand_from ${command}'`;

function flagLine(command: string, name: string, { type, of, commands }: Flag): string {
  const value =
    type === 'switch'
      ? ''
      : of
        ? ` -x -a ${quoted(of.join(' '))}`
        : type === 'file' || type === 'place'
          ? ' -r -F'
          : ' -x';
  return `${seen(command)} -l ${name}${value} -d ${quoted(commands[command] ?? '')}`;
}

function wordsOf({ name, words = '' }: Command, names: string): string[] {
  if (words.startsWith('files')) return [`${seen(name)} -F`];
  if (name === 'help') return [`${seen(name)} -f -a ${quoted(names)}`];
  return [`${seen(name)} -f${name === 'completion' ? ` -a 'bash zsh fish'` : ''}`];
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
