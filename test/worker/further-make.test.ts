/** As other-make.test.ts, of the makes of further-makes.ts. The default takes those that are quick. */
import { FURTHER_MAKES } from './further-makes.ts';
import { testMakes } from './makes-rounds.ts';

const some = ['handmade', 'mute', 'zoned'];
testMakes(
  FURTHER_MAKES.filter(({ name }) => process.env.WORKER_MAKES === 'all' || some.includes(name)),
  'follow',
);
