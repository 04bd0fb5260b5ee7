/**
 * An app's name in a path: characters that blobs, Windows or Hive partitions cannot have are escaped as Hive does
 * (`%2F`, UTF-8), so that readers which know Hive partitions show the name as it is. A `_` or `.` in front would hide
 * it from Spark, a dot or space at the end is lost on Windows. No two names are spelled alike.
 */
export function appWord(app: string): string {
  if (app === '' || !app.isWellFormed())
    throw new Error(`path of app ${JSON.stringify(app)}: must be a text that is not empty`);
  return app.replace(/^[_. ]|[. ]$|[^\p{L}\p{N}_.,@()~ -]/gu, (char) =>
    [...new TextEncoder().encode(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
