import { isContainerPattern } from './exports.ts';
import { documentSetting, type Env, settingOf, valueAt, withFlatSettings } from './flat.ts';
import { settingsDocument } from './schema.ts';

/** What the triggers must know before any settings can be judged. */
export interface Bindings {
  /** Six fields, UTC. */
  readonly schedule: string;
  readonly queue: string;
  /**
   * Undefined when no container of export blobs is set, or the first is a pattern: appending to blobs triggers nothing.
   */
  readonly blobs: BlobBinding | undefined;
  /** When windows of the query API are audited. */
  readonly audit: string;
  /** When the lake is tended: retention, and whether its files are there. */
  readonly tend: string;
  /** When the containers of export blobs are swept; undefined when none is set. */
  readonly sweep: string | undefined;
  /** Who may read and steer: those with a key of the app, or those whom Entra lets in. */
  readonly statusAccess: 'key' | 'entra';
}

export interface BlobBinding {
  /** `container/folder/{name}` */
  readonly path: string;
  /** Name of an app setting. */
  readonly connection: string;
  readonly source: 'EventGrid' | 'LogsAndContainerScan';
}

/** The queue of backfills, beside that of windows. A name holds 63 characters, and no two hyphens in a row. */
export const backfillQueueOf = (queue: string): string => `${queue.slice(0, 54).replace(/-$/, '')}-backfill`;

/**
 * The settings that bindings need. Never throws and passes over what is wrong: a fault must not unregister a function,
 * whose invocations then say what it is (`parseConfig`). `readFile` as there.
 */
export function bindingsOf(env: Env, readFile: (path: string) => string): Bindings {
  const { raw } = withFlatSettings(documentOf(env, readFile), env);
  const { plan, state, audit, lake, status } = settingsDocument.shape;
  const { schedule } = plan.safeParse({ schedule: valueAt(raw, ['plan', 'schedule']) }).data ?? plan.parse({});
  const { queue } = state.safeParse({ queue: valueAt(raw, ['state', 'queue']) }).data ?? state.parse({});
  const audits = audit.safeParse({ schedule: valueAt(raw, ['audit', 'schedule']) }).data ?? audit.parse({});
  const tending = lake.safeParse({ schedule: valueAt(raw, ['lake', 'schedule']) }).data ?? lake.parse({});
  const { access } = status.safeParse({ access: valueAt(raw, ['status', 'access']) }).data ?? status.parse({});
  return {
    schedule,
    queue,
    audit: audits.schedule,
    tend: tending.schedule,
    statusAccess: access,
    ...exportBindings(valueAt(raw, ['exports'])),
  };
}

function exportBindings(given: unknown): Pick<Bindings, 'blobs' | 'sweep'> {
  const { exports } = settingsDocument.shape;
  const container = valueAt(given, ['container']);
  if (!exports.safeParse({ container }).data) return { blobs: undefined, sweep: undefined };
  const keys = ['prefix', 'connection', 'trigger', 'schedule'];
  const right = keys.filter((key) => exports.safeParse({ container, [key]: valueAt(given, [key]) }).success);
  const set = exports.parse({ container, ...Object.fromEntries(right.map((key) => [key, valueAt(given, [key])])) });
  const first = set?.container[0];
  if (set === undefined || first === undefined) return { blobs: undefined, sweep: undefined };
  const folder = set.prefix === '' ? '' : `${set.prefix}/`;
  const blobs = { path: `${first}/${folder}{name}`, connection: set.connection, source: set.trigger };
  return { blobs: isContainerPattern(first) ? undefined : blobs, sweep: set.schedule };
}

function documentOf(env: Env, readFile: (path: string) => string): object {
  const text = settingOf(env, documentSetting);
  try {
    const value: unknown =
      text && JSON.parse(text.startsWith('@') ? readFile(text.slice(1)).replace(/^\uFEFF/, '') : text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
