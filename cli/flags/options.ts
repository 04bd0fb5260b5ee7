import { parseArgs } from 'node:util';
import { nearestWord } from '../../shared/config/near.ts';
import { shown } from '../../shared/config/secret.ts';
import type { Command } from '../command.ts';
import { usage } from '../failure.ts';
import { type Flag, type FlagName, flagsOf } from './table.ts';

/** What was given behind a command. */
export interface Options {
  readonly command: string;
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

type Known = ReadonlyMap<string, Pick<Flag, 'type' | 'value'>>;

const help = { type: 'switch', value: '' } as const;

/** The flags and words after a command. Throws Failure that names all that the command does not know, at once. */
export function optionsOf(
  { name, words: takes = '' }: Pick<Command, 'name' | 'words'>,
  words: readonly string[],
): Options {
  const known: Known = new Map<string, Pick<Flag, 'type' | 'value'>>([...flagsOf(name), ['help', help]]);
  const { tokens } = parseArgs({
    ...{ args: [...words], strict: false, allowPositionals: true, tokens: true },
    options: Object.fromEntries(
      [...known].map(([flag, { type }]) => [flag, { type: type === 'switch' ? 'boolean' : 'string' } as const]),
    ),
  });
  const values: Record<string, string | boolean | readonly string[]> = {};
  const [positionals, faults]: [string[], string[]] = [[], []];
  for (const token of tokens) {
    if (token.kind === 'option') {
      const fault = flagFault(known, token);
      if (fault !== undefined) faults.push(fault);
      else values[token.name] = token.value === undefined ? true : [...listed(values[token.name]), token.value];
    } else if (token.kind === 'positional') {
      if (takes === '') faults.push(`${shown(token.value)} belongs to no flag`);
      // An unset variable of a script, most likely: as a path it would be the folder that the shell is in.
      else if (token.value === '')
        faults.push('what is given without a flag is empty; give it a value or leave it out');
      else positionals.push(token.value);
    }
  }
  if (faults.length > 0 && values.help !== true)
    throw usage(`${name}: ${faults.join('; ')}; see insights-lake help ${name}`);
  return { command: name, values, positionals };
}

const listed = (value: string | boolean | readonly string[] | undefined): readonly string[] =>
  Array.isArray(value) ? value : [];

interface Given {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function flagFault(known: Known, { name, rawName, value, inlineValue }: Given): string | undefined {
  const flag = known.get(name);
  if (flag === undefined || rawName !== `--${name}`) {
    const near = nearestWord(name, [...known.keys()]);
    return `there is no flag ${rawName}${near ? `; did you mean --${near}?` : ''}`;
  }
  if (flag.type === 'switch')
    return value === undefined ? undefined : `--${name} takes no value; it is ${shown(value)}`;
  // `--out --format csv`: a value was forgotten; one that does begin so can be given as --out=--format
  if (value === undefined || (!inlineValue && value.startsWith('-') && value.length > 1))
    return `--${name} ${flag.value} has no value`;
  return undefined;
}

/**
 * Throws Failure for an empty value: an unset variable of a script, most likely. The last one counts where it was given
 * twice.
 */
export const textOf = (options: Options, name: FlagName): string | undefined => {
  const value = listed(options.values[name]).at(-1);
  if (value === '') throw usage(`${options.command}: --${name} is empty; give it a value or leave it out`);
  return value;
};

export const textsOf = (options: Options, name: FlagName): readonly string[] => listed(options.values[name]);

export const isSet = (options: Options, name: FlagName | 'help'): boolean => options.values[name] === true;

export const isGiven = (options: Options, name: FlagName): boolean => options.values[name] !== undefined;
