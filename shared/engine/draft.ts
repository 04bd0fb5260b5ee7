import { join } from 'node:path';
import type { Chunk, Counts, Draft, DraftFile, Output, Shaping, Signal, Window } from '../model.ts';
import { windowName } from '../signals/window-name.ts';
import { createDecoder, type DecodeSettings } from './decode/decoder.ts';
import type { RowShapes } from './decode/rows/row-shape.ts';
import type { RowGroup } from './decode/rows/table.ts';
import { createDraftFiles, type FileKind, type FileLimits } from './encode/draft-files.ts';
import { lineShapes } from './encode/text/line-shapes.ts';
import { createQuarantineFile } from './quarantine-file.ts';

export interface EngineSettings extends FileLimits {
  readonly output: Output;
  /** What the settings make of the columns. */
  readonly shaping: Shaping;
  readonly dedupe: DecodeSettings['dedupe'];
  /** Whether quarantine holds the bytes of unreadable lines, or only where they are. */
  readonly keepBytesInQuarantine: boolean;
}

/** One run of one window: bytes to records to columns (decode/), columns to files (encode/). */
export function beginDraft(
  window: Window,
  work: string,
  shapes: RowShapes,
  kindOf: (signal: Signal) => FileKind,
  settings: EngineSettings,
): Draft {
  const { output, dedupe, partBytes } = settings;
  const rowShapes = output.format === 'parquet' ? shapes : lineShapes(shapes, output.format);
  const decoder = createDecoder({ window, partition: output.partition, dedupe, partBytes, shapes: rowShapes });
  const files = createDraftFiles(work, output, kindOf, settings);
  const quarantine = createQuarantineFile(join(work, 'quarantine.ndjson'), window, settings.keepBytesInQuarantine);

  async function encode(groups: Iterable<RowGroup>, goesOn = true): Promise<DraftFile[]> {
    const full: DraftFile[] = [];
    for (const { signal, partition, rows, raw } of groups)
      full.push(...(await files.add(signal, partition, rows, raw)));
    await quarantine.add(decoder.takeFaults(goesOn));
    return full;
  }

  /** Takes back what came of the answer that is open; undefined: none is. */
  let back: (() => Promise<void>) | undefined;
  /** Files that are full, but for rows of the open answer. */
  let kept: DraftFile[] = [];

  async function add(chunk: Chunk): Promise<readonly DraftFile[]> {
    const { answer } = chunk;
    if (answer === 'void') {
      await back?.();
      [back, kept] = [undefined, []];
      return [];
    }
    const full = answer === 'open' && back === undefined ? await encode(decoder.finish(), false) : [];
    if (answer === 'open') back ??= mark();
    kept.push(...(await encode(decoder.decode(chunk))));
    if (answer === 'open') return full;
    full.push(...kept);
    [back, kept] = [undefined, []];
    return full;
  }

  function mark(): () => Promise<void> {
    const [rows, faults, written] = [decoder.mark(), quarantine.mark(), files.mark()];
    return async () => {
      rows();
      await faults();
      await written();
    };
  }

  const doing = `${window.app} ${window.signal} ${windowName(window)}`;
  const careful = <T>(act: () => Promise<T>) => act().catch((error: unknown) => Promise.reject(wordless(error, doing)));
  return {
    add: (chunk: Chunk) => careful(() => add(chunk)),
    finish: () =>
      careful(async () => [
        ...(await encode(decoder.finish(), false)),
        ...(await files.finish()),
        ...(await quarantine.finish(window.start, decoder.quarantined)),
      ]),
    get counts(): Counts {
      const { read, deduplicated, filtered } = decoder.counts;
      const quarantined = decoder.quarantined.found;
      const written = read - deduplicated - filtered;
      return { read, written, deduplicated, quarantined, ...(filtered > 0 && { filtered }) };
    },
    get drift() {
      return decoder.drift;
    },
    get reasons() {
      return decoder.quarantined.reasons;
    },
    close: () => quarantine.close(),
  };
}

/** JSON.parse quotes in its errors what it was reading: rows, which are personal data maybe and belong in no log. */
export function wordless(error: unknown, doing: string): unknown {
  if (!(error instanceof SyntaxError)) return error;
  return new Error(
    `${doing}: ${error.name} in the engine (its text may quote records and is left out); the window is tried again`,
  );
}
