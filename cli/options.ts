import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { nearestWord } from '../shared/config/near.ts';
import { usage } from './failure.ts';

const text = { type: 'string' } as const;
const list = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

const output = {
  ...{ out: text, format: text, gzip: flag, partition: text, path: text, shape: text, window: text },
  ...{ json: flag, help: flag },
} as const;

/** The flags of each command. */
export const flags = {
  transform: { ...output, app: text },
  export: {
    ...output,
    app: list,
    workspace: list,
    from: text,
    to: text,
    signals: text,
    again: flag,
    cloud: text,
    endpoint: text,
    'key-env': text,
  },
  sweep: {
    ...output,
    container: text,
    prefix: text,
    app: text,
    from: text,
    to: text,
    signals: text,
    enqueue: flag,
    settings: text,
  },
  drift: { out: text, settings: text, json: flag, help: flag },
  requeue: { out: text, settings: text, app: text, signals: text, from: text, to: text, json: flag, help: flag },
  inspect: { json: flag, help: flag },
  check: { settings: text, json: flag, help: flag },
  'settings-schema': { help: flag },
} as const satisfies Record<string, ParseArgsOptionsConfig>;

export type Command = keyof typeof flags;

export interface Options {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

export const isCommand = (word: string): word is Command => Object.hasOwn(flags, word);

/** The flags and words after a command. Throws Failure for what the command does not know. */
export function optionsOf(command: Command, words: readonly string[]): Options {
  const known: ParseArgsOptionsConfig = flags[command];
  try {
    return parseArgs({ args: [...words], options: known, allowPositionals: true, strict: true });
  } catch (error) {
    throw usage(
      `${command}: ${flagFault(command, error instanceof Error ? error.message : String(error))}; see insights-lake help ${command}`,
    );
  }
}

function flagFault(command: Command, message: string): string {
  const unknown = /^Unknown option '(-{1,2}[^'\s]+)'/.exec(message)?.[1];
  if (unknown === undefined) return message.split('\n')[0]?.replace(/\.$/, '') ?? message;
  const near = nearestWord(unknown.replace(/^-+/, ''), Object.keys(flags[command]));
  return `there is no flag ${unknown}${near ? `; did you mean --${near}?` : ''}`;
}

export const textOf = (options: Options, name: string): string | undefined => {
  const value = options.values[name];
  if (value === '') throw usage(`--${name} is empty; give it a value or leave it out`);
  return typeof value === 'string' ? value : undefined;
};

export const textsOf = (options: Options, name: string): readonly string[] => {
  const value = options.values[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
};

export const isSet = (options: Options, name: string): boolean => options.values[name] === true;
