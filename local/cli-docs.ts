/**
 * `npm run docs` puts the help texts into docs/cli.md: the first block below *All commands*, and below the heading of
 * each command.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../cli/commands.ts';
import { generalHelp, helpText } from '../cli/flags/help.ts';

const page = join(import.meta.dirname, '../docs/cli.md');

/** The page as it must be. Throws Error where a command has no heading. */
export function cliPage(text: string): string {
  const parts = text.split(/^(?=## )/m);
  const filled = new Map(commands.map((command) => [command.name, helpText(command)]));
  const whole = parts.map((part) => {
    const name = /^## ([a-zA-Z -]+)$/.exec(part.split('\n')[0] ?? '')?.[1] ?? '';
    const block = name === 'All commands' ? generalHelp(commands) : filled.get(name);
    filled.delete(name);
    return block === undefined ? part : part.replace(/```\n[\s\S]*?\n```/, () => `\`\`\`\n${block}\n\`\`\``);
  });
  if (filled.size > 0) throw new Error(`docs/cli.md: no heading for ${[...filled.keys()].join(', ')}`);
  return whole.join('');
}

export const cliPageNow = (): string => readFileSync(page, 'utf8');

if (process.argv[1] === import.meta.filename) writeFileSync(page, cliPage(cliPageNow()));
