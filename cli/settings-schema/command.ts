import { settingsJsonSchema } from '../../shared/config/schema.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../failure.ts';

export const settingsSchemaCommand: Command = {
  name: 'settings-schema',
  forms: [['', 'JSON Schema of the settings document']],
  about: 'Prints the JSON Schema of the settings document (INSIGHTS_LAKE_CONFIG).',
  exits: { 0: 'it was printed', 2: 'wrong usage' },
  run: async (_options, { terminal }) => {
    terminal.out(`${JSON.stringify(settingsJsonSchema(), null, 2)}\n`);
    return exitCodes.done;
  },
};
