import { fault } from '../../shared/config/places.ts';
import { signalNames } from '../../shared/config/schema.ts';
import { shown } from '../../shared/config/secret.ts';
import { instantOf } from '../../shared/config/values.ts';
import type { Interval, Signal, SweepRequest } from '../../shared/model.ts';
import { usage } from '../failure.ts';
import { type Options, textOf } from '../flags/options.ts';

/**
 * `--app`, `--prefix`, `--from` and `--to`: what is left out is everything. `least`: where windows are made of the
 * range; else 0001-01-01 says "all" as well.
 */
export function rangeOf(options: Options, least = Number.NEGATIVE_INFINITY): SweepRequest {
  const faults: string[] = [];
  const time = (name: 'from' | 'to', otherwise: number): number => {
    const text = textOf(options, name);
    const found = text === undefined ? otherwise : instantOf(text);
    if (found === undefined)
      faults.push(fault(`--${name}`, 'a date or a date and time in ISO 8601 such as 2026-01-31', shown(text)).text);
    else if (text !== undefined && found < least)
      faults.push(fault(`--${name}`, '1970-01-01 or later', shown(text)).text);
    return found ?? otherwise;
  };
  const range: Interval = { start: time('from', Number.NEGATIVE_INFINITY), end: time('to', Number.POSITIVE_INFINITY) };
  if (faults.length === 0 && range.start >= range.end) faults.push(`--to must be later than --from`);
  if (faults.length > 0) throw usage(`${options.command}: ${faults.join('; ')}`);
  return { ...range, prefix: textOf(options, 'prefix') ?? '', app: textOf(options, 'app') ?? '' };
}

export function signalsOf(options: Options): Signal[] {
  const words = (textOf(options, 'signals') ?? '').split(',').map((word) => word.trim());
  const named = words.filter((word) => word !== '' && word !== 'all');
  const stray = named.find((word) => !signalNames.some((name) => name === word));
  if (stray !== undefined)
    throw usage(
      `${options.command}: --signals must be signals out of ${signalNames.join(', ')}; it is ${shown(stray)}`,
    );
  return signalNames.filter((name) => named.includes(name));
}
