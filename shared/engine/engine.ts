import type { Engine, Signal } from '../model.ts';
import { noShaping, shapedColumns } from '../signals/shape.ts';
import { beginDraft, type EngineSettings } from './draft.ts';
import { emptyFile } from './encode/draft-files.ts';
import { fileFacts } from './encode/file-facts.ts';
import { shapeMark } from './shaping/mark.ts';
import { createRowShapes } from './shaping/row-shapes.ts';
import { type Conditions, readConditions } from './where/conditions.ts';

const MIB = 1024 * 1024;

export const engineDefaults: Omit<EngineSettings, 'output'> = {
  shaping: noShaping,
  dedupe: 'id',
  partBytes: 256 * MIB,
  stageBytes: 128 * MIB,
  groupBytes: 6 * MIB,
  heldBytes: 32 * MIB,
  keepBytesInQuarantine: true,
};

export interface CheckedEngine extends Engine {
  /**
   * What is wrong with the conditions of the settings, a sentence each. Loads the parser only where there is a
   * condition.
   */
  conditionFaults(): Promise<readonly string[]>;
}

/** Bytes to records (../framing), records to columns (decode/), columns to files (encode/): docs/engine.md. */
export function createEngine(settings: EngineSettings): CheckedEngine {
  const { output, shaping } = settings;
  let read: Promise<Conditions> | undefined;
  const conditions = () => {
    read ??= readConditions(shaping);
    return read;
  };
  const kindOf = (signal: Signal, run?: Parameters<typeof fileFacts>[2]) => ({
    columns: shapedColumns(signal, shaping.signals[signal]),
    facts: fileFacts(signal, shapeMark(signal, shaping), run),
  });
  return {
    async begin(window, work, revision) {
      const shapes = createRowShapes(shaping, await conditions());
      return beginDraft(window, work, shapes, (signal) => kindOf(signal, { window, revision }), settings);
    },
    conditionFaults: async () => (await conditions()).faults,
    emptyFile: async (signal) => (signal === 'quarantine' ? new Uint8Array(0) : emptyFile(output, kindOf(signal))),
  };
}

export type { EngineSettings };
