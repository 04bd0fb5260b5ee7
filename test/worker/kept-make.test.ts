/** As other-make.test.ts, with AUDIT_PURGED=keep: what only lost rows stays as it is, and does not run. */
import { FURTHER_MAKES } from './further-makes.ts';
import { testMakes } from './makes-rounds.ts';

testMakes(
  FURTHER_MAKES.filter(({ name }) => ['handmade', 'mute'].includes(name)),
  'keep',
);
