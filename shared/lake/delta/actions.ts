/**
 * The entries of a Delta log (protocol: reader version 1, writer version 2), as far as we write and must understand
 * them. Pure. An entry is a file of lines, each an object with one key; keys that are not named here are left alone.
 */

/** A file that readers see from this entry on. `path` is relative to the table, each folder and name URL-encoded. */
export interface AddFile {
  readonly path: string;
  /** Plain text, not encoded; `''` and null both mean null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
}

/** A file that readers see no longer. */
export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  readonly size?: number;
}

/** How far an application has come: ours are windows, and their versions the revisions. */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

export interface MetaData {
  readonly id: string;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  readonly createdTime?: number;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

export interface CommitInfo {
  readonly timestamp: number;
  readonly operation: string;
  readonly operationParameters: Readonly<Record<string, string>>;
  readonly engineInfo: string;
  /** Whose entry this is: settles a put whose answer was lost. */
  readonly txnId: string;
}

/** One line of an entry. */
export type Action =
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly metaData: MetaData }
  | { readonly protocol: Protocol }
  | { readonly commitInfo: Partial<CommitInfo> };

/** Name of an entry below the table. */
export const entryName = (version: number): string => `_delta_log/${String(version).padStart(20, '0')}.json`;
export const checkpointName = (version: number): string =>
  `_delta_log/${String(version).padStart(20, '0')}.checkpoint.parquet`;
export const lastCheckpointName = '_delta_log/_last_checkpoint';

export const entryText = (actions: readonly Action[]): string =>
  actions.map((action) => `${JSON.stringify(action)}\n`).join('');

/** The lines of an entry. Throws with the name where one is not JSON: a log that is broken is not to be written to. */
export function entryActions(text: string, name: string): Action[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, at) => {
      try {
        return JSON.parse(line) as Action;
      } catch (cause) {
        throw new Error(
          `read ${name}: line ${at + 1} is not JSON; restore the file, or remove the table and run again`,
          {
            cause,
          },
        );
      }
    });
}
