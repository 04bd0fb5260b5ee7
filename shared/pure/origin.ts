import type { QuerySettings } from '../model.ts';

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * What an app of the query API is, whatever it is called here: `app ID`, `workspace ID` or `workspace ID RESOURCE`, in
 * small letters. An id that is no GUID tells an app only together with the host that knows it.
 */
export function originOf({ url, schema }: Pick<QuerySettings, 'url' | 'schema'>): string {
  const { host, pathname } = new URL(url);
  const id = (/\/v1\/(?:apps|workspaces)\/([^/]+)\//.exec(pathname)?.[1] ?? pathname).toLowerCase();
  const named = guid.test(id) ? id : `${id}@${host}`;
  if (schema.kind === 'app') return `app ${named}`;
  const resource = schema.resourceId.toLowerCase().replace(/\/+$/, '');
  return resource === '' ? `workspace ${named}` : `workspace ${named} ${resource}`;
}

/** Whether rows of one can be rows of the other: the same, or a component of a workspace and all of it. */
export const shareRows = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other} `) || other.startsWith(`${one} `);

/** Whether it is certain that they are two: an app by its id and by its workspace can be one and the same. */
export const areTwo = (one: string, other: string): boolean =>
  one.split(' ', 1)[0] === other.split(' ', 1)[0] && !shareRows(one, other);
