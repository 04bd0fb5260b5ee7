import type { Command } from '../command.ts';
import { type Flag, flagsOf } from '../flags/table.ts';

export function zshScript(commands: readonly Command[]): string {
  const described = commands.map(({ name, forms }) => quoted(`${name}:${forms[0]?.[1] ?? ''}`));
  return `#compdef insights-lake
_insights_lake() {
  if (( CURRENT == 2 )); then
    local -a commands=(${described.join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map((each) => `    ${each.name}) _arguments ${argumentsOf(each, commands).join(' ')} ;;`).join('\n')}
  esac
}
compdef _insights_lake insights-lake
`;
}

function argumentsOf({ name, words = '' }: Command, commands: readonly Command[]): string[] {
  const flags = flagsOf(name).map(([flag, entry]) => argumentOf(flag, entry, entry.commands[name] ?? ''));
  const others = name === 'help' ? commands.map((command) => command.name) : ['bash', 'zsh', 'fish'];
  const rest = words.startsWith('files') ? '*:file:_files' : `1:word:(${others.join(' ')})`;
  return [...flags, quoted('--help[this text]'), ...(words === '' ? [] : [quoted(rest)])];
}

function argumentOf(name: string, { type, value, of, many }: Flag, told: string): string {
  const plain = told.replace(/[[\]\\]/g, ' ').replace(/:/g, ' ');
  const head = `${many ? '*' : ''}--${name}[${plain}]`;
  if (type === 'switch') return quoted(head);
  const action = of ? `(${of.join(' ')})` : type === 'file' || type === 'place' ? '_files' : ' ';
  return quoted(`${head}:${value.replace(/[<>]/g, '')}:${action}`);
}

const quoted = (text: string): string => `'${text.replace(/'/g, `'\\''`)}'`;
