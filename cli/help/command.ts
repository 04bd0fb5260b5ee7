import type { Command } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { generalHelp, helpText } from '../flags/help.ts';

export const helpCommand: Command = {
  name: 'help',
  forms: [['[command]', 'what a command does, its flags and exit codes']],
  words: 'a command',
  about: 'Prints all commands, or all about one.',
  exits: { 0: 'it was printed', 2: 'wrong usage' },
  run: async ({ positionals: [name] }, { terminal }) => {
    const { commandOf, commands } = await import('../all-commands.ts'); // which lists this command as well
    terminal.out(`${name === undefined ? generalHelp(commands) : helpText(commandOf(name))}\n`);
    return exitCodes.done;
  },
};
