import type { DriftSighting } from '../shared/model.ts';
import { destinationOf } from './destination.ts';
import { type ExitCode, exitCodes, usage } from './failure.ts';
import { countText, timeText } from './numbers.ts';
import { type Operations, settingsFor } from './operate.ts';
import { isSet, type Options, textOf } from './options.ts';
import type { Terminal } from './ports.ts';
import { refuseStray } from './sweep-request.ts';

/** `drift`: the fields that nobody knows, as the ledger of an app or of a lake first saw them. */
export async function drift(options: Options, terminal: Terminal, operations: Operations): Promise<ExitCode> {
  refuseStray('drift', options);
  const place = textOf(options, 'out');
  if (place !== undefined && options.values.settings !== undefined)
    throw usage('drift: give --out or --settings, not both');
  const lake = place === undefined ? undefined : destinationOf(place, terminal.env);
  const env = lake === undefined ? settingsFor('drift', options, terminal).env : {};
  const found = [...(await operations.drift(lake, env))].sort(
    (a, b) => b.firstSeen - a.firstSeen || (a.path < b.path ? -1 : 1),
  );
  const fields = found.map((each) => ({ ...each, firstSeen: new Date(each.firstSeen).toISOString() }));
  if (isSet(options, 'json')) terminal.out(`${JSON.stringify({ command: 'drift', exitCode: 0, fields }, null, 2)}\n`);
  else terminal.out(`${found.length === 0 ? 'every field is known' : found.map(line).join('\n')}\n`);
  return exitCodes.done;
}

const line = ({ app, source, signal, path, count, firstSeen }: DriftSighting): string =>
  `${timeText(firstSeen)}  ${app}  ${source}  ${signal}  ${path}  ${countText(count)} row${count === 1 ? '' : 's'}`;
