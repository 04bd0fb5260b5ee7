import { asPrinted, plain } from '../shared/pure/printable.ts';
import { commandOf } from './all-commands.ts';
import type { Edge } from './command.ts';
import { type ExitCode, exitCodes, Failure, usage } from './failure.ts';
import { helpText } from './flags/help.ts';
import { isSet, optionsOf } from './flags/options.ts';
import { painted } from './terminal/colours.ts';
import { commandWords } from './terminal/command-words.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Runs a command line; resolves with the exit code. Whatever goes wrong ends in one line on stderr. */
export async function runCommand(words: readonly string[], given: Edge): Promise<ExitCode> {
  const terminal = plainly(given.terminal);
  const edge = { ...given, terminal };
  const { abort } = edge;
  try {
    return await answer(words, edge);
  } catch (error) {
    if (abort.aborted) return exitCodes.interrupted;
    if (!(error instanceof Failure)) throw error instanceof Error ? asPrinted(error) : error;
    terminal.err(`insights-lake: ${commandWords(error.message)}\n`, 'bad');
    return error.exitCode;
  }
}

/** Whatever is printed: no command has to think of it. */
const plainly = (terminal: Terminal): Terminal => ({
  ...terminal,
  out: (text, tone) => terminal.out(painted(plain(text), tone, terminal.colours?.out === true)),
  err: (text, tone) => terminal.err(painted(plain(text), tone, terminal.colours?.err === true)),
  rewrite: (text) => terminal.rewrite(plain(text)),
});

const spelled = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
]);

async function answer([first = '', ...rest]: readonly string[], edge: Edge): Promise<ExitCode> {
  const say = (text: string): ExitCode => {
    edge.terminal.out(`${text}\n`);
    return exitCodes.done;
  };
  if (first === '--version' || first === '-v') return say(edge.version);
  if (first === '') throw usage('no command is given; see insights-lake help');
  const command = commandOf(spelled.get(first) ?? first);
  const options = optionsOf(command, rest);
  return isSet(options, 'help') ? say(helpText(command)) : command.run(options, edge);
}
