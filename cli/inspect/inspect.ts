import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { signatureOf } from '../../shared/source/blobs/gzip/signature.ts';
import { shortName } from '../../shared/source/blobs/layouts.ts';
import { partialText } from '../../shared/source/blobs/records/partial.ts';
import { recordsIn } from '../../shared/source/blobs/records/records-in.ts';
import type { Edge } from '../command.ts';
import { type ExitCode, exitCodes, usage } from '../failure.ts';
import { isSet, type Options } from '../flags/options.ts';
import type { Line, Tone } from '../terminal/colours.ts';
import { bytesText, countText, timeText } from '../terminal/numbers.ts';
import { paced } from '../terminal/progress.ts';
import { type Aside, incompleteTexts, newAside, noticeTexts } from '../transform/aside.ts';
import { candidateOf, settleFiles } from '../transform/copies.ts';
import { foreignKind, placeOf } from '../transform/places.ts';
import { walk, whyClosed } from '../transform/walk.ts';
import { createInspection, type Inspection } from './report.ts';

/**
 * Reads all of it, record by record, and writes nothing. What transform would leave out is left out here, and named
 * alike.
 */
export async function inspect(options: Options, { terminal, abort }: Edge): Promise<ExitCode> {
  const { positionals } = options;
  if (positionals.length === 0) throw usage('inspect: no files or folders are given; see insights-lake help inspect');
  const [inspection, aside, tell] = [createInspection(), newAside(), paced(terminal)];
  let bytes = 0;
  for (const path of await withoutCopies(await walk('inspect', positionals, undefined, aside), aside)) {
    bytes += await readInto(inspection, path, aside, abort);
    tell(`${bytesText(bytes)} read`);
  }
  const found = inspection.result();
  const incomplete = incompleteTexts(aside);
  const result = { ...found, notices: noticeTexts(aside), incomplete };
  const exitCode =
    found.signals.length === 0 ? exitCodes.source : incomplete.length > 0 ? exitCodes.failed : exitCodes.done;
  const json = isSet(options, 'json');
  if (json) terminal.out(`${JSON.stringify({ command: 'inspect', exitCode, ...result }, null, 2)}\n`);
  else for (const [text, tone] of inspectionLines(result)) terminal.out(`${text}\n`, tone);
  return exitCode;
}

/** Bytes of the file. One that cannot be opened costs itself alone. */
async function readInto(
  inspection: ReturnType<typeof createInspection>,
  path: string,
  aside: Aside,
  abort: AbortSignal,
): Promise<number> {
  const place = placeOf(path);
  const app = place === undefined ? '' : shortName(place.appName);
  const kind = foreignKind(path);
  let [records, signature] = [0, ''];
  try {
    const { size } = await stat(path);
    inspection.beginFile(size);
    for await (const found of recordsIn(createReadStream(path, { highWaterMark: 1024 * 1024 }), (head) => {
      signature = signatureOf(head);
    })) {
      abort.throwIfAborted();
      // What is no text at all is told once, by what it is.
      if (signature !== '' && (place === undefined || (found.kind === 'unreadable' && records === 0))) continue;
      if (found.kind === 'record') records += 1;
      const told = aside.partial.has(path) || (place !== undefined && found.kind === 'record');
      const partial = told ? '' : partialText(found);
      if (partial !== '') aside.partial.set(path, partial);
      inspection.add(basename(path), app, found, kind);
    }
    if (records === 0 && size > 0) aside.nothingIn(path, signature);
    return size;
  } catch (error) {
    if (abort.aborted || !(error instanceof Error && 'code' in error)) throw error;
    aside.closed.set(path, whyClosed(path, error));
    return 0;
  }
}

async function withoutCopies(paths: readonly string[], aside: Aside): Promise<string[]> {
  const placed = paths.flatMap((path) => {
    const place = placeOf(path);
    return place === undefined ? [] : [candidateOf(place, path)];
  });
  const settled = await settleFiles(placed, aside.closed);
  aside.copies(settled);
  const left = new Set(settled.same.map(({ path }) => path));
  return paths.filter((path) => !left.has(path));
}

const plural = (count: number, word: string, more = 's'): string =>
  `${countText(count)} ${word}${count === 1 ? '' : more}`;

function inspectionLines({
  files,
  bytes,
  records,
  signals,
  unknownFields,
  unknownKinds,
  unreadable,
  notices,
  incomplete,
}: Inspection & { readonly notices: readonly string[]; readonly incomplete: readonly string[] }): Line[] {
  const time = (text: string): string => (text === '' ? '' : timeText(Date.parse(text)));
  const as = (tone: Tone | undefined, texts: readonly string[]): Line[] => texts.map((text) => [text, tone]);
  const some = <T>(all: readonly T[], line: (one: T) => string): string[] => [
    ...all.slice(0, 20).map((one) => `  ${line(one)}`),
    ...(all.length > 20 ? [`  … and ${countText(all.length - 20)} more (--json has them all)`] : []),
  ];
  const broken = [
    ...(unreadable.count === 0
      ? []
      : [`${plural(unreadable.count, 'unreadable stretch', 'es')}, ${bytesText(unreadable.bytes)}:`]),
    ...some(
      unreadable.first,
      ({ file, offset, length, reason }) => `${file} at byte ${offset}, ${length} bytes: ${reason}`,
    ),
    ...(unreadable.count > unreadable.first.length ? ['  …'] : []),
  ];
  const isWhole = unreadable.count === 0 && incomplete.length === 0;
  return [
    [`${plural(records, 'record')} in ${plural(files, 'file')}, ${bytesText(bytes)}`],
    ...signals.map(
      ({ layout, app, signal, records: count, files: of, first, last }): Line => [
        `  ${layout}  ${app === '' ? '' : `${app}  `}${signal}: ${plural(count, 'record')} in ` +
          `${plural(of, 'file')}, ${time(first)} to ${time(last)}`,
      ],
    ),
    ...as(undefined, unknownFields.length > 0 ? ['fields that nobody knows, kept in extra:'] : []),
    ...as(
      undefined,
      some(
        unknownFields,
        ({ signal, field, count, firstSeen }) => `${signal} ${field}: ${countText(count)}, first ${time(firstSeen)}`,
      ),
    ),
    ...as(undefined, unknownKinds.length > 0 ? ['no signal, left out:'] : []),
    ...as(
      undefined,
      some(unknownKinds, ({ kind, count }) => `${kind}: ${countText(count)}`),
    ),
    ...as('warn', [...broken, ...notices]),
    ...as('bad', incomplete),
    ...as('bad', signals.length === 0 ? ['no record of a signal'] : []),
    ...as('good', isWhole && signals.length > 0 ? ['everything can be read'] : []),
  ];
}
