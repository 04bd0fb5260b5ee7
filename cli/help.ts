/** The texts of `help`, of `--help` after a command, and of docs/cli.md, which a test compares with this. */

const exits = `Exit codes
  0    everything asked for is in the lake (unreadable lines are set aside in _quarantine/ and counted)
  1    some windows failed; the rest is in the lake. Run the same command again to go on
  2    wrong usage or settings; nothing was done
  3    the source cannot be read: not there, refused, not answering
  4    the destination cannot be written
  130  interrupted (Ctrl-C). Run the same command again to go on`;

const output = `  --out <place>         folder, or https://<account>.blob.core.windows.net/<container>[/<folder>] (dfs as well)
  --format <format>     parquet (default), ndjson or csv
  --gzip                compress ndjson or csv
  --partition <slice>   hour (default) or day
  --path <template>     path below the place; see docs/settings.md
  --shape <file>        columns, rows and fields to leave out, hash, rename or add: the part shape of a settings document
  --json                the summary as one JSON document (docs/cli.md)
  --help                this text`;

const shaping = `The file of --shape is a settings document or its part shape alone, such as {"shape": {"*": {"drop": ["client_IP"]}}}; see
docs/settings.md. What it hashes takes the secret of the environment variable SHAPE_HASH_KEY. A lake keeps the shape that it
was made with.`;

const access = `Azure destinations are opened with the identity at hand (az login, managed identity, a service principal's environment).
AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, or a SAS in the URL are used instead where they are given.`;

const transform = `insights-lake transform <files or folders…> --out <place>

Turns export blobs on disk (Continuous Export, diagnostic settings, data export; folders as they were downloaded, or loose
files) into lake files. The signal is recognised from the records. Run again, it does only what is new or has changed.

${output}
  --window <length>     hour folders that go into one file: 1h (default) to 1d
  --app <name>          name of the app for loose files (default: archive)

Examples
  insights-lake transform ./export --out ./lake
  insights-lake transform ./fabrikam_2b1f0c9d… old/*.blob --out ./lake --format ndjson --gzip
  insights-lake transform ./export --out https://mylake.blob.core.windows.net/telemetry/archive --partition day
  insights-lake transform ./export --out ./lake --shape shape.json

${shaping}

${access}

${exits}`;

const exporting = `insights-lake export --app <name>=<id> --from <time> --to <time> --out <place>

Brings a range of telemetry from the query API into a lake, without deploying anything. The ledger lies beside the files
(_insights-lake/): interrupted, the same command goes on where it was; run again, it does only what is not done.

  --app <name>=<id>     Application Insights app by its application id; may be given several times
  --workspace <name>=<id>[,<resourceId>]
                        Log Analytics workspace, or one component in it; may be given several times
  --from <time>         2026-01-31 or 2026-01-31T06:00:00Z (UTC unless it says otherwise)
  --to <time>           end of the range, exclusive; not in the future
  --signals <list>      default: all. requests, dependencies, exceptions, traces, customEvents, customMetrics, pageViews,
                        browserTimings, availabilityResults, performanceCounters
  --window <length>     range of one query and one file, 5m to 1d, a divisor of the day (default 1h)
  --again               also windows that are done: rows that arrived late, were purged or are decoded better now
  --cloud <cloud>       public (default), usgov or china
  --endpoint <url>      another address of the query API: private link, emulator
  --key-env <NAME>      environment variable that holds a key for that endpoint
${output}

Examples
  insights-lake export --app shop=01234567-89ab-cdef-0123-456789abcdef --from 2026-01-01 --to 2026-02-01 --out ./lake
  insights-lake export --app shop=… --app pay=… --signals requests,exceptions --from 2026-01-31 --to 2026-02-01 \\
    --window 1d --out https://mylake.dfs.core.windows.net/telemetry

${shaping}

${access}
The query API is asked with that identity too: it needs the role Reader on the app (or workspace).

${exits}`;

const sweeping = `insights-lake sweep --container <place> --out <place>
insights-lake sweep --enqueue

Brings all windows of an export container into a lake that a deployed app would bring: from here, or with --enqueue by the
app itself, beside its live windows. The container is listed without events, so archives of any age count. Run again, it
goes on: windows that the ledger has as the container does cost nothing. Archived blobs are skipped.

  --container <place>   https://<account>.blob.core.windows.net/<container>[/<folder>], or a folder
  --enqueue             put the windows into ledger and queue of the app with these settings; it runs them
  --settings <file>     with --enqueue: settings of the app, as for check. Default: local.settings.json, environment
  --from <time>         folders from this time on: 2024-01-31 or 2024-01-31T06:00:00Z. Default: all
  --to <time>           folders before this time
  --app <name>          only this app
  --prefix <text>       only windows with a blob whose name starts like this (below the folder of the container)
  --signals <list>      default: all
  --window <length>     hour folders that go into one file: 1h (default) to 1d
${output}

Examples
  insights-lake sweep --container https://myexports.blob.core.windows.net/telemetry --out ./lake
  insights-lake sweep --enqueue --settings deployed.json --from 2023-01-01 --to 2024-03-01

${shaping}

${access}
Where --container and --out lie in two accounts, a connection string opens the account that it is of.

${exits}`;

const requeueing = `insights-lake requeue [--settings <file>] [--out <place>]

Has windows run again whose last run set unreadable records aside, or failed: after a fix, or a new version. Their source
need not have changed. Their files are replaced when the run has come to its end.

  --settings <file>     settings of the app, as for check. Default: local.settings.json in this folder, and the environment
  --out <place>         a lake that the command line made, instead: run the command that made it again afterwards
  --app <name>          only this app
  --signals <list>      only these signals
  --from <time>         only windows from this time on: 2026-01-31 or 2026-01-31T06:00:00Z
  --to <time>           only windows before this time
  --json                the counts as one JSON document
  --help                this text

Examples
  insights-lake requeue --settings deployed.json --app shop --from 2026-01-01
  insights-lake requeue --out ./lake && insights-lake transform ./export --out ./lake

${access}

${exits}`;

const drifting = `insights-lake drift [--settings <file>] [--out <place>]

Names the fields in records that neither the schema nor the documentation of their source know, newest first: when a run
first saw them, app, source, signal, path, and in how many rows of that run. Their values are in the column extra.

  --settings <file>     settings of the app, as for check. Default: local.settings.json in this folder, and the environment
  --out <place>         a lake that the command line made, instead
  --json                the fields as one JSON document
  --help                this text

Examples
  insights-lake drift --settings deployed.json
  insights-lake drift --out ./lake --json

${access}

${exits}`;

const inspecting = `insights-lake inspect <files or folders…>

Says what is in an export, and writes nothing: layout, apps, signals, records and their times; fields that neither the
schema nor the documentation of their source know (they are kept in the column extra); categories and tables that are no
signal; lines that cannot be read, with their offsets and the reason.

  --json                all of it as one JSON document (docs/cli.md)
  --help                this text

Examples
  insights-lake inspect ./export
  insights-lake inspect PT1H.json --json

${exits}`;

const checking = `insights-lake check [--settings <file>]

Looks at all that an app with these settings will need, as the identity at hand (az login): a line each, with what to do.
  settings  every one of them
  clock     of this machine, against a service's
  source    the query API: a minute of every signal of every app
  exports   the containers of export blobs: listed
  lake      a file is written, overwritten, listed and removed
  state     table and queue (both are created where they are missing, as the app would)

  --settings <file>     settings of a deployed app, as az functionapp config appsettings list --output json prints them, or
                        an object of names and values. Default: local.settings.json in this folder, and the environment
  --json                the findings as one JSON document (docs/cli.md)
  --help                this text

Examples
  insights-lake check
  az functionapp config appsettings list --resource-group … --name … --output json > deployed.json
  insights-lake check --settings deployed.json && rm deployed.json

Exit codes
  0    nothing failed (warnings count as well)
  1    the state failed, or several sides
  2    wrong usage or settings
  3    a source cannot be read
  4    the lake cannot be written
  130  interrupted (Ctrl-C)`;

const general = `insights-lake moves Application Insights telemetry into a data lake.

  insights-lake transform <files or folders…> --out <place>                              export blobs on disk → lake
  insights-lake export --app <name>=<id> --from <time> --to <time> --out <place>         query API → lake
  insights-lake sweep --container <place> --out <place>                                  export container → lake
  insights-lake sweep --enqueue                                                          the same, by the deployed app
  insights-lake requeue                                                                  unreadable or failed windows again
  insights-lake inspect <files or folders…>                                              what is in an export
  insights-lake drift                                                                    fields that nobody knows
  insights-lake check [--settings <file>]                                                settings, access and clock
  insights-lake settings-schema                                                          JSON Schema of the settings document
  insights-lake help [command]
  insights-lake --version

Try: insights-lake help export

${exits}`;

const schema = `insights-lake settings-schema

Prints the JSON Schema of the settings document (INSIGHTS_LAKE_CONFIG).`;

export const helpTexts: Readonly<Record<string, string>> = {
  '': general,
  transform,
  export: exporting,
  sweep: sweeping,
  requeue: requeueing,
  drift: drifting,
  inspect: inspecting,
  check: checking,
  'settings-schema': schema,
};
