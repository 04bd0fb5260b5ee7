import type { Command } from '../command.ts';
import { inspect } from './inspect.ts';

export const inspectCommand: Command = {
  name: 'inspect',
  forms: [['<files or folders…>', 'what is in an export']],
  words: 'files or folders',
  about: `\
Says what is in an export, and writes nothing: layout, apps, signals, records and their times; fields that neither the
schema nor the documentation of their source know (they are kept in the column extra); categories and tables that are no
signal; lines that cannot be read, with their offsets and the reason.`,
  examples: `insights-lake inspect ./export
insights-lake inspect PT1H.json --json`,
  exits: {
    0: 'transform would take it; lines that cannot be read are named',
    1: 'something is missing or cannot be read as a whole: an unfinished download, a file without any record',
    2: 'wrong usage',
    3: 'it is not there, or holds no record of a signal',
    130: 'interrupted (Ctrl-C)',
  },
  run: inspect,
};
