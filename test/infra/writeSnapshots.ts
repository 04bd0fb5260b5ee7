/** `npm run snapshots`: writes what the Bicep compiler makes of the parameter files in test/infra/snapshots. */
import { writeFileSync } from 'node:fs';
import { findBicep, howToGetBicep, startBicep } from '../../infra/compiler.ts';
import { parametersPath, parametersText, snapshotPath, snapshotText, ways } from './snapshots.ts';

const path = findBicep(process.env);
if (path === undefined) throw new Error(howToGetBicep);
const bicep = await startBicep(path);
try {
  for (const way of ways) writeFileSync(snapshotPath(way), await snapshotText(way, bicep));
  writeFileSync(parametersPath, await parametersText(bicep));
} finally {
  bicep.close();
}
