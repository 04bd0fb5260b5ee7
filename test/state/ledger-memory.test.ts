import { createMemoryLedger } from '../../shared/state/ledger-memory.ts';
import { ledgerContract } from '../contracts/ledger.ts';

ledgerContract('memory', {
  make: async () => {
    const ledger = createMemoryLedger();
    return () => ledger;
  },
  runs: 100,
  files: 3000,
  opens: true,
});
