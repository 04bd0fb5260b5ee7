import { rm } from 'node:fs/promises';
import { type CheckedEngine, createEngine, engineDefaults } from '../engine/engine.ts';
import { contentPieces } from '../lake/local-content.ts';
import { extension, formatOfPath } from '../lake/path-template.ts';
import { workFolders } from '../lake/work-folders.ts';
import type { Content, Output, QuarantineSettings, Shaping } from '../model.ts';
import { hashOf } from '../pure/hash-of.ts';
import { noShaping } from '../signals/shape.ts';
import { createJobEngine, type JobEngine } from './jobs.ts';
import { expectedOf, pathsOf } from './lake.ts';

/** What may be made of the records beside their format. */
export interface Making {
  readonly shape: Shaping;
  readonly quarantine: QuarantineSettings;
  readonly dedupe: 'id' | 'record' | 'none';
}

/** Rows as they are decoded. */
export const asTheyAre: Making = {
  shape: noShaping,
  quarantine: { prefix: '_quarantine', place: undefined, keepBytes: true },
  dedupe: 'id',
};

/** What a run needs of the machine that it runs on: the engine, a folder of its own, the spelling of paths. */
export function localPorts(output: Output, making = asTheyAre) {
  const engine = engineOf(output, making);
  return {
    engine: { ...engine, emptyFile: emptyFiles(engine, output, making) },
    withWorkFolder: workFolders(),
    hash: (content: Content) => hashOf(contentPieces(content)),
    discard: async (files: readonly string[]) => {
      for (const file of files) await rm(file, { force: true });
    },
    path: pathsOf(output, making.quarantine.prefix),
    expected: expectedOf(output),
  };
}

/** Empty files as their paths say: a folder of one format stays one after the settings have changed. */
function emptyFiles(engine: CheckedEngine, output: Output, making: Making): CheckedEngine['emptyFile'] {
  const others = new Map<string, CheckedEngine>();
  return async (signal, path = '') => {
    const written = { ...output, ...formatOfPath(path) };
    if (written.format === output.format && written.gzip === output.gzip) return engine.emptyFile(signal);
    const name = extension(written);
    const other = others.get(name) ?? engineOf(written, making);
    others.set(name, other);
    return other.emptyFile(signal);
  };
}

/** By this thread where `jobs` is 1, else by so many threads beside it; `alone`: as createJobEngine takes it. */
export function engineOf(output: Output, making = asTheyAre, jobs = 1, alone = false): JobEngine {
  const { shape, quarantine, dedupe } = making;
  const keepBytesInQuarantine = quarantine.keepBytes;
  const settings = { ...engineDefaults, output, shaping: shape, dedupe, keepBytesInQuarantine };
  return jobs > 1 ? createJobEngine(settings, jobs, alone) : { ...createEngine(settings), close: async () => {} };
}
