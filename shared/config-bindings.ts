import { documentSetting, type Env, settingOf, valueAt, withFlatSettings } from './config-flat.ts';
import { settingsDocument } from './config-schema.ts';

/** What the triggers must know before any settings can be judged. */
export interface Bindings {
  /** Six fields, UTC. */
  readonly schedule: string;
  readonly queue: string;
  /** Undefined when no container of export blobs is set. */
  readonly blobs: BlobBinding | undefined;
}

export interface BlobBinding {
  /** `container/folder/{name}` */
  readonly path: string;
  /** Name of an app setting. */
  readonly connection: string;
  readonly source: 'EventGrid' | 'LogsAndContainerScan';
}

/**
 * The settings that bindings need. Never throws and passes over what is wrong: a fault must not unregister a function, whose
 * invocations then say what it is (`parseConfig`). `readFile` as there.
 */
export function bindingsOf(env: Env, readFile: (path: string) => string): Bindings {
  const { raw } = withFlatSettings(documentOf(env, readFile), env);
  const { plan, state } = settingsDocument.shape;
  const { schedule } = plan.safeParse({ schedule: valueAt(raw, ['plan', 'schedule']) }).data ?? plan.parse({});
  const { queue } = state.safeParse({ queue: valueAt(raw, ['state', 'queue']) }).data ?? state.parse({});
  return { schedule, queue, blobs: blobBinding(valueAt(raw, ['exports'])) };
}

function blobBinding(given: unknown): BlobBinding | undefined {
  const { exports } = settingsDocument.shape;
  const container = valueAt(given, ['container']);
  if (!exports.safeParse({ container }).data) return undefined;
  const right = ['prefix', 'connection', 'trigger'].filter((key) => exports.safeParse({ container, [key]: valueAt(given, [key]) }).success);
  const blobs = exports.parse({ container, ...Object.fromEntries(right.map((key) => [key, valueAt(given, [key])])) });
  if (blobs === undefined) return undefined;
  const folder = blobs.prefix === '' ? '' : `${blobs.prefix}/`;
  return { path: `${blobs.container}/${folder}{name}`, connection: blobs.connection, source: blobs.trigger };
}

function documentOf(env: Env, readFile: (path: string) => string): object {
  const text = settingOf(env, documentSetting);
  try {
    const value: unknown = text && JSON.parse(text.startsWith('@') ? readFile(text.slice(1)).replace(/^\uFEFF/, '') : text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
