/**
 * Late rows and purges at query APIs of other makes (makes.ts), one app each, through the functions in their worker:
 * the audit has those windows run again that changed, each once, and no other; no row is in the lake twice meanwhile,
 * and in the end the lake is the source, row by row and column by column. WORKER_MAKES=all: three signals of six hours
 * (the default takes one, of four).
 */

import { MAKES } from './makes.ts';
import { testMakes } from './makes-rounds.ts';

testMakes(MAKES, 'follow');
