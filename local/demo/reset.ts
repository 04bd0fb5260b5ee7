import { clearFolder } from './folder.ts';

/** `npm run reset` */
clearFolder().then(
  () => console.log('.insights-lake is gone'),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
