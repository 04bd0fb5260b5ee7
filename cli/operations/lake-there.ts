import { stat } from 'node:fs/promises';
import type { ObjectStore, Place } from '../../shared/model.ts';
import { openPlace } from '../../shared/wire/open-place.ts';
import { exitCodes, Failure } from '../failure.ts';

/** What every command that makes a lake leaves in it. */
const own = '_insights-lake/';

/**
 * The lake that is there. Throws Failure where there is none: a word that was mistyped must not look like a lake
 * without faults.
 */
export async function lakeThere(place: Place, command: string): Promise<ObjectStore> {
  await placeThere(place, `${command}: --out`);
  const lake = await openPlace(place);
  const none = (cause?: unknown) =>
    new Failure(
      exitCodes.source,
      cause instanceof Error
        ? cause.message
        : `${command}: ${lake.place} is no lake that the command line made; check --out`,
      { cause },
    );
  try {
    for await (const _ of lake.list(own)) return lake;
  } catch (error) {
    throw none(error);
  }
  throw none();
}

/** A folder that is there; whether a container is, listing it tells. Throws Failure. */
export async function placeThere(place: Place, asked: string): Promise<void> {
  if (place.kind !== 'folder') return;
  const seen = await stat(place.folder).catch((cause: unknown) => {
    throw new Failure(exitCodes.source, `${asked} ${place.folder}: there is no such folder; check the path`, { cause });
  });
  if (!seen.isDirectory())
    throw new Failure(exitCodes.source, `${asked} ${place.folder}: that is a file; name a folder`);
}
