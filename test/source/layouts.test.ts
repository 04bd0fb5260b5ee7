import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appOf, exportWindowOf, recogniseBlob, shortName } from '../../shared/source/blobs/layouts.ts';

const IKEY = '2b1f0c9d8e7a4b5c9d0e1f2a3b4c5d6e';
const COMPONENT = 'resourceId=/SUBSCRIPTIONS/7DFD/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.INSIGHTS/COMPONENTS/Trace_Demo';
const WORKSPACE =
  'WorkspaceResourceId=/subscriptions/7dfd/resourcegroups/rg/providers/' +
  'microsoft.operationalinsights/workspaces/my-logs';
const HOUR = 3_600_000;

const KNOWN: readonly [name: string, container: string, expected: string][] = [
  [
    `Fabrikam_${IKEY}/Requests/2016-03-09/07/10d1a2_20160309_073000.blob`,
    '',
    `continuous|Fabrikam_${IKEY}|Fabrikam|requests|2016-03-09T07`,
  ],
  [
    `fabrikam_${IKEY}/Rdd/2016-03-09/22/3IAwm6u3-0.blob`,
    '',
    `continuous|fabrikam_${IKEY}|fabrikam|dependencies|2016-03-09T22`,
  ],
  [
    `fabrikam_${IKEY}/RemoteDependency/2016-03-09/22/x`,
    'anything',
    `continuous|fabrikam_${IKEY}|fabrikam|dependencies|2016-03-09T22`,
  ],
  [
    `archive/old/my app_1_${IKEY}/messages/2020-02-29/00/a.blob.gz`,
    '',
    `continuous|archive/old/my app_1_${IKEY}|my app_1|traces|2020-02-29T00`,
  ],
  [
    'a_2b1f0c9d-8e7a-4b5c-9d0e-1f2a3b4c5d6e/Event/2020-01-01/23/z',
    '',
    'continuous|a_2b1f0c9d-8e7a-4b5c-9d0e-1f2a3b4c5d6e|a|customEvents|2020-01-01T23',
  ],
  [
    `a_${IKEY}/PageViewPerformance/2020-01-01/23/deep/er.blob`,
    '',
    `continuous|a_${IKEY}|a|browserTimings|2020-01-01T23`,
  ],
  [
    `${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`,
    'insights-logs-apprequests',
    `diagnostics|${COMPONENT}|Trace_Demo|requests|2023-04-18T09`,
  ],
  [
    `insights-logs-appevents/${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`,
    '',
    `diagnostics|insights-logs-appevents/${COMPONENT}|Trace_Demo|customEvents|2023-04-18T09`,
  ],
  [
    `${COMPONENT.toLowerCase()}/Y=2023/M=04/D=18/H=09/M=00/pt1h.json`,
    'INSIGHTS-LOGS-AppTraces',
    `diagnostics|${COMPONENT.toLowerCase()}|trace_demo|traces|2023-04-18T09`,
  ],
  [
    `${WORKSPACE}/y=2024/m=12/d=31/h=23/m=55/PT05M.json`,
    'am-appmetrics',
    `dataExport|${WORKSPACE}|my-logs|customMetrics|2024-12-31T23`,
  ],
  [
    `${WORKSPACE}/y=2024/m=12/d=31/h=23/m=55/PT5M_12.json`,
    'am-AppBrowserTimings',
    `dataExport|${WORKSPACE}|my-logs|browserTimings|2024-12-31T23`,
  ],
  [
    `dump/am-AppExceptions/${WORKSPACE}/y=2024/m=02/d=29/h=00/m=00/PT05M_1.json`,
    '',
    `dataExport|dump/am-AppExceptions/${WORKSPACE}|my-logs|exceptions|2024-02-29T00`,
  ],
];

test('the name of a blob says layout, app, signal and hour', () => {
  for (const [name, container, expected] of KNOWN) {
    const place = recogniseBlob(name, container);
    const hour = place && new Date(place.hour).toISOString();
    assert.equal(
      `${place?.layout}|${place?.folder}|${place?.appName}|${place?.signal}|${hour?.slice(0, 13)}`,
      expected,
      name,
    );
    assert.ok(hour?.endsWith(':00:00.000Z'));
    assert.ok(place && name.startsWith(place.folderPrefix) && place.folderPrefix.startsWith(`${place.folder}/`));
    assert.match(place.folderPrefix, /\/(\d\d|h=\d\d)\/$/i);
  }
});

const UNKNOWN: readonly [name: string, container: string][] = [
  ['', ''],
  ['requests.json', ''],
  [`fabrikam_${IKEY}/Requests/2016-03-09/07/`, ''],
  [`fabrikam_${IKEY}/Requests/2016-03-09/x.blob`, ''],
  [`a/b/c/d/e/fabrikam_${IKEY}/Requests/2016-03-09/07/x.blob`, ''],
  [`requests/app=x/fabrikam_${IKEY}/Requests/2016-03-09/07/x.blob`, ''],
  [`fabrikam_${IKEY}/Requests/2016-02-30/07/x.blob`, ''],
  [`fabrikam_${IKEY}/Requests/2016-03-09/24/x.blob`, ''],
  [`fabrikam_${IKEY}/Unheard/2016-03-09/07/x.blob`, ''],
  [`fabrikam_${IKEY}/constructor/2016-03-09/07/x.blob`, ''],
  ['fabrikam_nokey/Requests/2016-03-09/07/x.blob', ''],
  [`${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`, ''],
  [`${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/PT1H.json`, 'insights-logs-auditevent'],
  [`${COMPONENT}/y=2023/m=04/d=18/h=09/m=00/other.json`, 'insights-logs-apprequests'],
  [`${WORKSPACE}/y=2023/m=13/d=18/h=09/m=00/PT05M.json`, 'am-apprequests'],
];

test('anything else is no export blob', () => {
  for (const [name, container] of UNKNOWN)
    assert.equal(recogniseBlob(name, container), undefined, `${container} ${name}`);
});

test('apps go by the name that the settings give, else by what Azure calls them', () => {
  const names: readonly [string, string][] = [
    ['Fabrikam', 'fabrikam'],
    ['My App (prod)', 'my-app-prod'],
    ['--x__', 'x'],
    ['日本', 'app'],
    ['007', 'app-007'],
    ['NULL', 'app-null'],
    ['a'.repeat(80), 'a'.repeat(63)],
  ];
  for (const [name, expected] of names) assert.equal(shortName(name), expected);
  assert.equal(appOf(`x/Fab_${IKEY}`, 'Fab', { [`fab_${IKEY.toUpperCase()}`]: 'shop' }), 'shop');
  assert.equal(appOf(`x/Fab_${IKEY}`, 'Fab', { [`/x/Fab_${IKEY}/`]: 'shop' }), 'shop');
  assert.equal(appOf(`x/Fab_${IKEY}`, 'Fab', { Fab: 'shop' }), 'fab');
});

test('windows are on the fixed grid', () => {
  const place = recogniseBlob(`Shop_${IKEY}/Metrics/2021-05-06/17/x.blob`);
  assert.ok(place);
  for (const [hours, start] of [
    [1, '2021-05-06T17'],
    [6, '2021-05-06T12'],
    [24, '2021-05-06T00'],
  ] as const) {
    const window = exportWindowOf(place, { window: hours * HOUR, apps: {} });
    assert.deepEqual(window, {
      app: 'shop',
      signal: 'customMetrics',
      source: 'continuous',
      start: Date.parse(`${start}:00:00Z`),
      end: Date.parse(`${start}:00:00Z`) + hours * HOUR,
    });
  }
});
