import { stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { recogniseBlob, shortName } from '../../shared/source/blobs/layouts.ts';
import type { Edge } from '../command.ts';
import { type ExitCode, exitCodes, Failure, usage } from '../failure.ts';
import { isSet, type Options } from '../flags/options.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';
import { paced } from '../terminal/progress.ts';
import { filesBelow } from '../transform/archive.ts';
import { recordsIn } from './records.ts';
import { createInspection, type Inspection } from './report.ts';

/** Reads all of it, record by record, and writes nothing. */
export async function inspect(options: Options, { terminal, abort }: Edge): Promise<ExitCode> {
  const { positionals } = options;
  if (positionals.length === 0) throw usage('inspect: no files or folders are given; see insights-lake help inspect');
  const inspection = createInspection();
  const tell = paced(terminal);
  let bytes = 0;
  for await (const path of filesIn(positionals)) {
    const { size } = await stat(path);
    inspection.beginFile(size);
    const app = appIn(path);
    const kind = strangeKind(path);
    if (kind !== undefined) inspection.unknownKind(kind);
    for await (const found of recordsIn(path)) inspection.add(basename(path), app, found);
    abort.throwIfAborted();
    bytes += size;
    tell(`${bytesText(bytes)} read`);
  }
  const result = inspection.result();
  const exitCode = result.records === 0 ? exitCodes.source : exitCodes.done;
  const json = isSet(options, 'json');
  terminal.out(
    `${json ? JSON.stringify({ command: 'inspect', exitCode, ...result }, null, 2) : inspectionText(result)}\n`,
  );
  return exitCode;
}

async function* filesIn(inputs: readonly string[]): AsyncIterable<string> {
  for (const input of inputs) {
    const path = resolve(input);
    const seen = await stat(path).catch((cause: unknown) => {
      throw new Failure(
        exitCodes.source,
        `inspect ${input}: there is no such file or folder, or it cannot be read; check the path`,
        {
          cause,
        },
      );
    });
    if (seen.isDirectory()) yield* filesBelow(path, undefined);
    else yield path;
  }
}

/** From the folder that the export begins with; what is before it depends on the machine. */
function nameIn(path: string): string {
  const words = path.split(sep);
  const first = words.findLastIndex((word) => /_[0-9a-f-]{32,36}$|^(insights-logs|am)-/i.test(word));
  return words.slice(Math.max(first, 0)).join('/').replace(/^\//, '');
}

/** The app that the folders name; '' for a loose file. */
function appIn(path: string): string {
  const place = recogniseBlob(nameIn(path));
  return place === undefined ? '' : shortName(place.appName);
}

/** The folder of an export whose kind is no signal: another category, another table, another type of Continuous Export. */
function strangeKind(path: string): string | undefined {
  const name = nameIn(path);
  if (recogniseBlob(name) !== undefined) return undefined;
  const classic = /[^/]+_[0-9a-f-]{32,36}\/([^/]+)\/\d{4}-\d\d-\d\d\//i.exec(name)?.[1];
  return classic ?? /(?:^|\/)((?:insights-logs|am)-[^/]+)\//i.exec(name)?.[1];
}

const plural = (count: number, word: string, more = 's'): string =>
  `${countText(count)} ${word}${count === 1 ? '' : more}`;

function inspectionText({
  files,
  bytes,
  records,
  signals,
  unknownFields,
  unknownKinds,
  unreadable,
}: Inspection): string {
  const time = (text: string): string => (text === '' ? '' : timeText(Date.parse(text)));
  const some = <T>(all: readonly T[], line: (one: T) => string): string[] => [
    ...all.slice(0, 20).map((one) => `  ${line(one)}`),
    ...(all.length > 20 ? [`  … and ${countText(all.length - 20)} more (--json has them all)`] : []),
  ];
  return [
    `${plural(records, 'record')} in ${plural(files, 'file')}, ${bytesText(bytes)}`,
    ...signals.map(
      ({ layout, app, signal, records: count, files: of, first, last }) =>
        `  ${layout}  ${app === '' ? '' : `${app}  `}${signal}: ${plural(count, 'record')} in ${plural(of, 'file')}, ${time(first)} to ${time(last)}`,
    ),
    ...(unknownFields.length > 0 ? ['fields that nobody knows, kept in extra:'] : []),
    ...some(
      unknownFields,
      ({ signal, field, count, firstSeen }) => `${signal} ${field}: ${countText(count)}, first ${time(firstSeen)}`,
    ),
    ...(unknownKinds.length > 0 ? ['no signal, left out:'] : []),
    ...some(unknownKinds, ({ kind, count }) => `${kind}: ${countText(count)}`),
    unreadable.count === 0
      ? 'everything can be read'
      : `${plural(unreadable.count, 'unreadable stretch', 'es')}, ${bytesText(unreadable.bytes)}:`,
    ...some(
      unreadable.first,
      ({ file, offset, length, reason }) => `${file} at byte ${offset}, ${length} bytes: ${reason}`,
    ),
    ...(unreadable.count > unreadable.first.length ? ['  …'] : []),
  ].join('\n');
}
