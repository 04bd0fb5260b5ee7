import type { Command } from '../command.ts';
import { type Flag, flagsOf, flagTable } from '../flags/table.ts';

/** Values of choices, files where a flag takes one, and nothing behind a flag whose value nobody can guess. */
export function bashScript(commands: readonly Command[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const values = Object.entries<Flag>(flagTable).filter(([, { type }]) => type !== 'switch');
  return `_insights_lake() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" flags
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${names}" -- "$cur")); return; fi
  case "$prev" in
${values.map(([name, flag]) => `    --${name}) ${offered(flag)} return ;;`).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(({ name }) => `    ${name}) flags="${flagWords(name)}" ;;`).join('\n')}
  esac
  case "$cur" in -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")); return ;; esac
  case "\${COMP_WORDS[1]}" in
${commands.flatMap((command) => wordsOf(command, names)).join('\n')}
  esac
}
complete -o filenames -F _insights_lake insights-lake
`;
}

const flagWords = (command: string): string => [...flagsOf(command).map(([name]) => `--${name}`), '--help'].join(' ');

function offered({ type, of }: Flag): string {
  if (of) return `COMPREPLY=($(compgen -W "${of.join(' ')}" -- "$cur"));`;
  return type === 'file' || type === 'place' ? 'COMPREPLY=($(compgen -f -- "$cur"));' : '';
}

function wordsOf({ name, words = '' }: Command, names: string): string[] {
  if (words.startsWith('files')) return [`    ${name}) COMPREPLY=($(compgen -f -- "$cur")) ;;`];
  if (name === 'help') return [`    ${name}) COMPREPLY=($(compgen -W "${names}" -- "$cur")) ;;`];
  return name === 'completion' ? [`    ${name}) COMPREPLY=($(compgen -W "bash zsh fish" -- "$cur")) ;;`] : [];
}
