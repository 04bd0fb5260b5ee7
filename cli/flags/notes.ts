import type { Command } from '../command.ts';

/** Paragraphs and exit codes that the help of several commands has. */
export const shapingNote = `\
The file of --shape is a settings document or its part shape alone, such as {"shape": {"*": {"drop": ["client_IP"]}}};
see docs/settings.md. What it hashes takes the secret of the environment variable SHAPE_HASH_KEY. A lake keeps the shape
that it was made with.`;

export const accessNote = `\
Azure destinations are opened with the identity at hand (az login, managed identity, a service principal's environment).
AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, or a SAS in the URL are used instead where they are given.`;

/** Of commands that bring windows into a lake from here. */
export const deliveryExits: Required<Command>['exits'] = {
  0: 'everything asked for is in the lake (what cannot be read is in _quarantine/, and counted)',
  1: 'some windows failed, or something of the source is missing or cannot be read; the rest is in the lake',
  2: 'wrong usage or settings; nothing was done',
  3: 'the source cannot be read: not there, refused, not answering',
  4: 'the destination cannot be written',
  130: 'interrupted (Ctrl-C). Run the same command again to go on',
};

/** Of commands that look at, or change, the state of an app or of a lake. */
export const stateExits: Required<Command>['exits'] = {
  0: 'done',
  1: 'the state of the app could not be read or written',
  2: 'wrong usage or settings; nothing was done',
  3: 'there is no such lake, or it cannot be read',
  130: 'interrupted (Ctrl-C)',
};
