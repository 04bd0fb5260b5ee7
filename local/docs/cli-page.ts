import { commands } from '../../cli/all-commands.ts';
import { exitCodes } from '../../cli/failure.ts';
import { generalHelp, helpText } from '../../cli/flags/help.ts';
import { between } from './operations-page.ts';

/** The first block without a language; empty, where a command is new. */
const helpBlock = /^```\n(?:[\s\S]*?\n)??```$/m;

/**
 * docs/cli.md with the help texts in it: the first block below *All commands*, and below the heading of each command.
 * Throws Error where a command has no heading.
 */
export function cliPage(text: string): string {
  const parts = text.split(/^(?=## )/m);
  const filled = new Map(commands.map((command) => [command.name, helpText(command)]));
  const whole = parts.map((part) => {
    const name = /^## ([a-zA-Z -]+)$/.exec(part.split('\n')[0] ?? '')?.[1] ?? '';
    const block = name === 'All commands' ? generalHelp(commands) : filled.get(name);
    filled.delete(name);
    if (block === undefined) return part;
    if (!helpBlock.test(part)) throw new Error(`docs/cli.md: below the heading ${name} there is no block for its help`);
    return part.replace(helpBlock, () => `\`\`\`\n${block}\n\`\`\``);
  });
  if (filled.size > 0) throw new Error(`docs/cli.md: no heading for ${[...filled.keys()].join(', ')}`);
  return between(whole.join(''), 'exit codes', exitCodeLines());
}

/** Which command can end with which code; what each says of it stands in its help. */
function exitCodeLines(): string[] {
  const codes = Object.values(exitCodes);
  return [
    `| command | ${codes.join(' | ')} |`,
    `|---|${codes.map(() => ':-:|').join('')}`,
    ...commands.map(
      ({ name, exits = {} }) => `| \`${name}\` | ${codes.map((code) => (code in exits ? 'x' : '')).join(' | ')} |`,
    ),
  ];
}
