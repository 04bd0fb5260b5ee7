/** The health of a lake in Table Storage: a row beside those of its ledger. */
import type { TableClient } from '@azure/data-tables';
import type { CommitOutcome, HealthState, HealthStore, LakeHealth } from '../model.ts';
import { COMMON_VERSION, checkStateVersion, readTime, spellTime } from './entry-record.ts';
import { type Entity, firstOf, replacement, tableCalls } from './table-calls.ts';
import { lakePartition } from './table-entities.ts';

const ROW = 'health';
/** A reason is there to be read. */
const LONGEST = 2000;

export interface TableHealthOptions {
  readonly client: TableClient;
  readonly lakeId: string;
  /** A word that was never used before: tells a write of ours, whose answer was lost, from another's. */
  readonly newId: () => string;
}

export function createTableHealth({ client, lakeId, newId }: TableHealthOptions): HealthStore {
  const table = tableCalls(client);
  const partitionKey = lakePartition(lakeId);
  return {
    read: async () => {
      const entity = await table.get(partitionKey, ROW);
      return entity && { value: healthOf(entity), etag: entity.etag };
    },
    write: async (health, etag) => {
      const entity = { partitionKey, rowKey: ROW, ...recordOf(health) };
      return firstOf(await table.decide([replacement(entity, etag)], newId()));
    },
  };
}

const recordOf = ({ state, since, by, reason, probes, probeAfter, commits }: LakeHealth) => ({
  stateVersion: COMMON_VERSION,
  state,
  since: spellTime(since),
  by,
  reason: reason.slice(0, LONGEST),
  probes,
  probeAfter: spellTime(probeAfter),
  // For people: the time of each, and a `-` behind it where it failed.
  commits: commits.map(({ at, ok }) => `${spellTime(at)}${ok ? '' : '-'}`).join(' '),
});

function healthOf(entity: Entity): LakeHealth {
  checkStateVersion(entity);
  return {
    state: entity.state as HealthState,
    since: readTime(entity.since),
    by: entity.by === 'hand' ? 'hand' : 'itself',
    reason: String(entity.reason ?? ''),
    probes: Number(entity.probes ?? 0),
    probeAfter: readTime(entity.probeAfter),
    commits: commitsIn(String(entity.commits ?? '')),
  };
}

const commitsIn = (text: string): readonly CommitOutcome[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ at: readTime(word.replace(/-$/, '')), ok: !word.endsWith('-') }));
