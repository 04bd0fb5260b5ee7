/** Combinations of parameters that cannot work, each with the sentence that says what to give. */
export interface Refused {
  readonly name: string;
  readonly template: 'main' | 'events';
  readonly parameters: readonly string[];
  readonly sentence: RegExp;
}

const ids = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/providers';
const component = `param sourceComponentId = '${ids}/microsoft.insights/components/shop'`;
const query = ["param use = 'query'", component];
const subnet = `'${ids}/Microsoft.Network/virtualNetworks/hub/subnets/one'`;
const events = ["param functionApp = 'app'", "param hostAccount = 'host'"];

const ofMain: readonly (readonly [name: string, parameters: readonly string[], sentence: RegExp])[] = [
  [
    'no source',
    ["param use = 'query'"],
    /nothing to query: give sourceComponentId or sourceWorkspaceId, or the apps in config/,
  ],
  ['both, and nothing to query', ["param use = 'both'"], /nothing to query/],
  [
    'one app and several',
    [...query, `param config = '{"apps":[]}'`],
    /leave sourceComponentId and sourceWorkspaceId empty/,
  ],
  [
    'half an id',
    ["param use = 'query'", "param sourceComponentId = 'shop'"],
    /sourceComponentId: must be the whole resource id/,
  ],
  [
    'an id of another type',
    ["param use = 'blobs'", `param exportAccountId = '${ids}/Microsoft.Web/sites/shop'`],
    /exportAccountId: must be the whole resource id/,
  ],
  [
    'angle brackets that were not filled in',
    [
      ...query,
      'param lakeAccountId = ' +
        "'/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'",
    ],
    /lakeAccountId: must be the whole resource id/,
  ],
  [
    'a source of several apps that is none',
    ["param use = 'query'", "param config = '@insights-lake.json'", "param moreSourceIds = ['shop']"],
    /moreSourceIds \(shop\): must be the whole resource id/,
  ],
  [
    'diagnostic settings on nothing',
    ["param use = 'blobs'", 'param diagnosticSettings = true'],
    /diagnosticSettings needs the component .* give sourceComponentId/,
  ],
  [
    'diagnostic settings that nobody reads',
    [...query, 'param diagnosticSettings = true'],
    /use = 'blobs' or use = 'both'/,
  ],
  [
    'the same telemetry twice',
    ["param use = 'both'", component, 'param diagnosticSettings = true'],
    /give settings QUERY_UNTIL or EXPORT_FROM/,
  ],
  [
    'a folder of exports that begins with a slash',
    ["param use = 'blobs'", "param exportPrefix = '/a'"],
    /exportPrefix must have no slash/,
  ],
  [
    'a folder of the lake that ends with a slash',
    [...query, "param lakePrefix = 'a/'"],
    /lakePrefix must have no slash/,
  ],
  [
    'polling on Flex Consumption',
    ["param use = 'blobs'", "param exportTrigger = 'LogsAndContainerScan'"],
    /needs plan = 'ElasticPremium'/,
  ],
  [
    'one subnet of two',
    [...query, 'param privateNetwork = true', `param appSubnetId = ${subnet}`],
    /give both, or neither/,
  ],
  [
    'subnets without a private network',
    [...query, `param appSubnetId = ${subnet}`, `param endpointSubnetId = ${subnet}`],
    /are for privateNetwork = true/,
  ],
  [
    'an app that nobody reaches',
    [...query, 'param publicSite = false'],
    /publicSite = false needs privateNetwork = true/,
  ],
  [
    'a network that is too small',
    [...query, 'param privateNetwork = true', "param addressPrefix = '10.0.0.0/26'"],
    /addressPrefix must be a \/25 or larger/,
  ],
  ['zones over state in one', [...query, 'param zoneRedundant = true'], /stateSku \(or lakeSku\) = 'Standard_ZRS'/],
  ['words that are not listed', ["param use = 'quary'"], /Compilation failed/],
  ['a number among the settings', [...query, 'param settings = { PLAN_LIMIT: 5 }'], /Compilation failed/],
];

const ofEvents: typeof ofMain = [
  [
    'half an id',
    [...events, "param exportAccountId = 'shop'", "param exportContainer = 'exports'"],
    /exportAccountId must be the whole resource id of a storage account/,
  ],
  [
    'several containers',
    [
      ...events,
      `param exportAccountId = '${ids}/Microsoft.Storage/storageAccounts/shop'`,
      "param exportContainer = 'am-*'",
    ],
    /exportContainer must be one container/,
  ],
  [
    'a folder with a slash at its end',
    [
      ...events,
      `param exportAccountId = '${ids}/Microsoft.Storage/storageAccounts/shop'`,
      "param exportContainer = 'exports'",
      "param exportPrefix = 'a/'",
    ],
    /exportPrefix must have no slash/,
  ],
];

const rows = (template: Refused['template'], table: typeof ofMain): Refused[] =>
  table.map(([name, parameters, sentence]) => ({ name: `${template}: ${name}`, template, parameters, sentence }));

export const refused: readonly Refused[] = [...rows('main', ofMain), ...rows('events', ofEvents)];
