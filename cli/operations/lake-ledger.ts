import { readFileSync } from 'node:fs';
import type { Env } from '../../shared/config/flat.ts';
import { accountName } from '../../shared/config/places.ts';
import { parseConfig } from '../../shared/config.ts';
import type { Access, Config, Ledger, LedgerPlace, ObjectStore, OriginOf, Place } from '../../shared/model.ts';
import { readLakeWord } from '../../shared/pipeline/lake/lake-word.ts';
import { faultOfLake } from '../../shared/pipeline/lake/meet.ts';
import { createStoreLedger } from '../../shared/state/ledger-store.ts';
import { exitCodes, Failure, usage } from '../failure.ts';
import { knownApp } from './known-app.ts';
import { lakeThere } from './lake-there.ts';

/** The ledger of a lake, and where it is. */
export interface LakeLedger {
  readonly ledger: Ledger;
  readonly here: LedgerPlace;
  /** It is a deployed app's, which plans and runs beside us. */
  readonly ofApp: boolean;
}

/**
 * The ledger that a command on this lake works with: that of the app by `settings`, else the one that the lake names,
 * else one of its own in the lake. `originOf`: what the command reads. Throws Failure where it may not be used from
 * here.
 */
export async function ledgerOfLake(
  place: Place,
  lake: ObjectStore,
  settings: Env | undefined,
  originOf: OriginOf = () => undefined,
): Promise<LakeLedger> {
  if (settings !== undefined) return writable(await bySettings(place, settings, originOf));
  const named = (await readLakeWord(lake))?.value.ledger;
  if (named === undefined || named.kind === 'lake')
    return { ledger: createStoreLedger(lake), here: { kind: 'lake' }, ofApp: false };
  if (!isStorage(named.url))
    throw new Failure(
      exitCodes.destination,
      `${lake.place}: the lake says that its ledger is at ${named.url}, which is no address of Azure Storage; ` +
        'give the settings of its app with --settings',
    );
  const { openNamedLedger } = await clients();
  return writable({ ledger: openNamedLedger(named, accessTo(named.url, place), originOf), here: named, ofApp: true });
}

/** The lake that is there, with its ledger. Throws Failure where they do not belong together, or know no such app. */
export async function ledgerThere(
  place: Place,
  command: string,
  app = '',
): Promise<LakeLedger & { readonly store: ObjectStore }> {
  const store = await lakeThere(place, command);
  const found = await ledgerOfLake(place, store, undefined);
  const fault = await faultOfLake({ lake: store, ...found });
  if (fault !== '') throw new Failure(exitCodes.failed, fault);
  await knownApp(app, [], found.ledger);
  return { ...found, store };
}

/** What asks Azure is loaded where the ledger is there. */
const clients = () => import('../../shared/wire/clients.ts');

async function bySettings(place: Place, env: Env, originOf: OriginOf): Promise<LakeLedger> {
  const { lakeId, ledgerPlaceOf, openLedger } = await clients();
  let config: Config;
  try {
    config = parseConfig(env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  const { state, lake } = config;
  if (lakeId(lake) !== lakeId(place))
    throw usage('--settings are of an app with another lake than --out; give the address that they have');
  return { ledger: openLedger(state, lake, originOf), here: ledgerPlaceOf(state, lake), ofApp: true };
}

/** What nobody may write from here is said before anything is read. */
async function writable(found: LakeLedger): Promise<LakeLedger> {
  try {
    await found.ledger.prepare();
    return found;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Failure(
      exitCodes.destination,
      `the lake has the ledger of an app, and that cannot be written from here: ${text}`,
      { cause: error },
    );
  }
}

const CLOUDS = /(core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|storage\.azure\.net)/;
const TABLE_HOST = new RegExp(`^https://[a-z0-9]{3,24}(\\.z\\d+)?\\.table\\.${CLOUDS.source}$`);

/** A lake is data: a token must go nowhere else because a file in it says so. */
const isStorage = (url: string): boolean =>
  TABLE_HOST.test(url) || /^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\/[a-z0-9]+$/.test(url);

/** The key that opens the lake where the ledger is in the same account, else whoever asks the lake, or is at hand. */
function accessTo(url: string, lake: Place): Access {
  const access: Access = lake.kind === 'container' ? lake.access : { kind: 'none' };
  const opens = access.kind === 'identity' || (access.kind === 'key' && access.account === accountName(url));
  return opens ? access : { kind: 'none' };
}
