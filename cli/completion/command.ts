import { shown } from '../../shared/config/secret.ts';
import type { Command } from '../command.ts';
import { exitCodes, usage } from '../failure.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
const shells = Object.keys(scripts).join(', ');

export const completionCommand: Command = {
  name: 'completion',
  forms: [['bash|zsh|fish', 'completion of commands and flags, for a shell']],
  words: 'a shell',
  about: 'Prints what makes the shell complete commands, flags and their values; have the shell read it at its start.',
  examples: `source <(insights-lake completion bash)
source <(insights-lake completion zsh)
insights-lake completion fish > ~/.config/fish/completions/insights-lake.fish`,
  exits: { 0: 'it was printed', 2: 'wrong usage' },
  run: async ({ positionals: [shell, ...more] }, { terminal }) => {
    const script = Object.entries(scripts).find(([name]) => name === shell)?.[1];
    if (script === undefined || more.length > 0)
      throw usage(
        `completion: must be one shell out of ${shells}; ` +
          `${shell === undefined ? 'none is given' : `it is ${shown([shell, ...more].join(' '))}`}`,
      );
    // commands.ts lists this command as well
    const { commands } = await import('../all-commands.ts');
    terminal.out(script(commands));
    return exitCodes.done;
  },
};
