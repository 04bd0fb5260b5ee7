import { type Resource, resourcesOf } from './snapshots.ts';

/** The ids of the built-in roles, as Microsoft publishes them; the same in every tenant. */
export const roleIds = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  storageAccountContributor: '17d1049b-9a84-46fb-8f53-869881c3d3ab',
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
} as const;

export interface Grant {
  readonly role: keyof typeof roleIds;
  /** What it is granted on, without what is different in every deployment: `ilakel/containers/lake`, `Shop.Prod`. */
  readonly on: string;
  readonly resource: Resource;
}

/** Every role assignment of a way to deploy. */
export const grantsOf = (way: string): readonly Grant[] =>
  resourcesOf(way)
    .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
    .map((resource) => ({ role: roleOf(resource), on: placeOf(resource), resource }));

function roleOf({ id, properties }: Resource): Grant['role'] {
  const definition = String(properties?.roleDefinitionId);
  const name = Object.entries(roleIds).find(([, role]) => definition.endsWith(role))?.[0];
  if (name === undefined || !(name in roleIds)) throw new Error(`${id}: a role that nobody decided on: ${definition}`);
  return name as Grant['role'];
}

function placeOf({ id }: Resource): string {
  const [scope = ''] = id.split('/providers/Microsoft.Authorization/');
  const place = scope.split('/providers/').at(-1)?.split('/').slice(2).join('/') ?? '';
  return place.replace('/blobServices/default', '').replace(/^(ilake[hle]|ilake-)[a-z0-9]{13}/, '$1');
}
