// Everything that Insights Lake runs on, in one resource group: identity, host storage, lake, function app, its telemetry and alerts.
// Second phase, once the code is published and where blobs come by Event Grid: events.bicep. How to use both: docs/deploy.md.
targetScope = 'resourceGroup'

import { accountType, componentType, isIdOf, workspaceType } from 'modules/ids.bicep'
import { redundancy } from 'modules/types.bicep'

// ------------------------------------------------------------------------------------------------------------ what for

@description('Where telemetry comes from: query (the query API), blobs (export blobs in storage), both.')
param use 'query' | 'blobs' | 'both'

@description('Beginning of the names of all resources: small letters and digits.')
@minLength(3)
@maxLength(10)
param name string = 'ilake'

@description('Region of all resources. With diagnosticSettings it must be the region of the source component.')
param location string = resourceGroup().location

@description('Tags on all resources.')
param tags { *: string } = {}

// ------------------------------------------------------------------------------------------------------------ query source

@description('Resource id of the Application Insights component to export: …/providers/microsoft.insights/components/<name>. It may lie in another resource group or subscription. Needed for query (unless sourceWorkspaceId is given) and for diagnosticSettings.')
param sourceComponentId string = ''

@description('Resource id of a Log Analytics workspace: its tables are queried instead of the component\'s view, narrowed to sourceComponentId where that is given.')
param sourceWorkspaceId string = ''

@description('Name of the app in the lake\'s paths: small letters, digits, hyphens. Empty: the name of component or workspace.')
@maxLength(63)
param appName string = ''

@description('For several apps: resource ids of the components and workspaces that config names; the identity may read them. Leave sourceComponentId and sourceWorkspaceId empty then.')
param moreSourceIds string[] = []

@description('Settings document for several apps (INSIGHTS_LAKE_CONFIG): JSON text, or @insights-lake.json for a file of that name that npm run package takes along.')
param config string = ''

@description('Any other setting of docs/settings.md by its name, for example { SIGNALS: \'requests,exceptions\', QUERY_FROM: \'2026-01-01\' }. They override what is derived here. QUARANTINE_CONTAINER gets its role and, in a new lake, its container and its rule.')
param settings { *: string } = {}

// ------------------------------------------------------------------------------------------------------------ blob source

@description('Resource id of the storage account with the export blobs. Empty: a new account, for diagnosticSettings to write into.')
param exportAccountId string = ''

@description('Container of the export blobs, insights-logs-* or am-* for all of diagnostic settings or data export, or a comma list. In an account of yours it must exist.')
@minLength(3)
@maxLength(2000)
param exportContainer string = 'exports'

@description('Folder in that container, without slashes at its ends. Empty: all of it.')
param exportPrefix string = ''

@description('How new blobs are found: EventGrid (needs events.bicep) or, on Elastic Premium only, LogsAndContainerScan.')
param exportTrigger 'EventGrid' | 'LogsAndContainerScan' = 'EventGrid'

@description('Days after their last change when blobs of a new export account are deleted, at least 7 so that every sweep sees them; 0: never.')
@minValue(0)
@maxValue(36500)
param exportRetentionDays int = 0

@description('Create diagnostic settings on sourceComponentId that write its telemetry into the export account, and read these containers instead of exportContainer.')
param diagnosticSettings bool = false

@description('Categories that the diagnostic settings export.')
param diagnosticCategories string[] = [
  'AppAvailabilityResults'
  'AppBrowserTimings'
  'AppDependencies'
  'AppEvents'
  'AppExceptions'
  'AppMetrics'
  'AppPageViews'
  'AppPerformanceCounters'
  'AppRequests'
  'AppTraces'
]

// ------------------------------------------------------------------------------------------------------------ lake

@description('Resource id of a storage account to use as lake, in any resource group or subscription. Empty: a new account. Of an account of yours nothing is changed but the role on lakeContainer.')
param lakeAccountId string = ''

@description('Container of the lake. In an account of yours it must exist.')
@minLength(3)
@maxLength(63)
param lakeContainer string = 'lake'

@description('Folder in that container, without slashes at its ends. Empty: the container itself.')
param lakePrefix string = ''

@description('New lake: hierarchical namespace (Data Lake Storage Gen2). Cannot be changed later.')
param hierarchicalNamespace bool = true

@description('New lake: redundancy.')
param lakeSku redundancy = 'Standard_LRS'

@description('Redundancy of the app\'s own account: package, queue and ledger. Not given: that of lakeSku.')
param stateSku redundancy?

@description('Days that the lake keeps rows, by their data date, 7 at least; 0: for ever. The app removes them (LAKE_RETENTION, LAKE_RETIRE). In a new lake of plain files a rule of the account takes 30 days later what the app no longer knows.')
@minValue(0)
@maxValue(36500)
param lakeRetentionDays int = 0

@description('New lake: days after which quarantined lines are deleted; 0: never.')
@minValue(0)
@maxValue(36500)
param quarantineRetentionDays int = 90

// ------------------------------------------------------------------------------------------------------------ function app

@description('FlexConsumption, or ElasticPremium in regions without it.')
param plan 'FlexConsumption' | 'ElasticPremium' = 'FlexConsumption'

@description('Flex Consumption: memory of an instance in MB.')
param instanceMemoryMB 512 | 2048 | 4096 = 2048

@description('Instances at most; on Flex Consumption for each function. An instance runs one window at a time and the query API serves five queries at once: leave it at 5 or less when querying.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 5

@description('Spread the plan over the zones of a region that has them. The accounts must be so too (lakeSku). Two instances of each function stay ready and are billed all day.')
param zoneRedundant bool = false

@description('Elastic Premium: size of an instance.')
param premiumSku 'EP1' | 'EP2' | 'EP3' = 'EP1'

// ------------------------------------------------------------------------------------------------------------ telemetry of the app itself

@description('Resource id of a workspace for the app\'s own telemetry. Empty: a new one.')
param ownWorkspaceId string = ''

@description('Days for which a new workspace keeps it.')
@minValue(30)
@maxValue(730)
param ownRetentionDays int = 30

@description('Create alerts on failed windows, on a lake that is behind or paused, on rows about to be lost, on silence and on poison messages.')
param alerts bool = true

@description('E-mail addresses that alerts go to. Without any, and without alertActionGroupIds, alerts only show in the portal.')
param alertEmails string[] = []

@description('Resource ids of action groups that alerts go to.')
param alertActionGroupIds string[] = []

@description('Minutes that the lake may be behind before the alert: more than window + lag.')
@minValue(30)
@maxValue(10080)
param freshnessMinutes int = 180

@description('Minutes without a plan before the alert on silence: three ticks of PLAN_SCHEDULE.')
@minValue(5)
@maxValue(1440)
param silenceMinutes int = 15

// ------------------------------------------------------------------------------------------------------------ network

@description('Storage accounts answer on private endpoints only, and the app reaches out through a network.')
param privateNetwork bool = false

@description('Address range of the network that is created, /25 or larger.')
param addressPrefix string = '10.90.0.0/24'

@description('Subnet of yours for the app\'s outgoing traffic, delegated to Microsoft.App/environments (Flex Consumption) or Microsoft.Web/serverFarms. With endpointSubnetId in place of a new network.')
param appSubnetId string = ''

@description('Subnet of yours for private endpoints.')
param endpointSubnetId string = ''

@description('Create private DNS zones. False: a policy of yours registers private endpoints. A new network is linked to them; link your own yourself.')
param privateDnsZones bool = true

@description('False, with privateNetwork: the app has no public address. Publish from within the network; Event Grid cannot reach the app then.')
param publicSite bool = true

// ------------------------------------------------------------------------------------------------------------ names and places

var querying = use != 'blobs'
var reading = use != 'query'
var named = querying && !(empty(sourceComponentId) && empty(sourceWorkspaceId))
var trimmed = trim(config)
var document = startsWith(trimmed, '{') ? json(trimmed) : {}
var unique = uniqueString(resourceGroup().id, name)
var storageSuffix = environment().suffixes.storage

// What cannot work ends here, before anything is made.
var inSettings = length(intersection(objectKeys(settings), ['APP_ID', 'WORKSPACE_ID', 'INSIGHTS_LAKE_CONFIG'])) > 0
var parted = length(intersection(objectKeys(settings), ['QUERY_UNTIL', 'EXPORT_FROM'])) > 0 || !empty(trimmed)
var wrongIds = concat(
  isIdOf(sourceComponentId, [componentType]) ? [] : ['sourceComponentId'],
  isIdOf(sourceWorkspaceId, [workspaceType]) ? [] : ['sourceWorkspaceId'],
  isIdOf(exportAccountId, [accountType]) ? [] : ['exportAccountId'],
  isIdOf(lakeAccountId, [accountType]) ? [] : ['lakeAccountId'],
  map(filter(moreSourceIds, id => !isIdOf(id, [componentType, workspaceType])), id => 'moreSourceIds (${id})')
)
var faults = filter(
  [
    querying && !named && empty(trimmed) && !inSettings
      ? 'nothing to query: give sourceComponentId or sourceWorkspaceId, or the apps in config with their ids in moreSourceIds, or use = \'blobs\''
      : ''
    named && (!empty(moreSourceIds) || contains(document, 'apps'))
      ? 'several apps and a single one: leave sourceComponentId and sourceWorkspaceId empty where config names the apps'
      : ''
    empty(wrongIds)
      ? ''
      : '${join(wrongIds, ', ')}: must be the whole resource id, /subscriptions/…/resourceGroups/…/providers/…/…/<name>'
    diagnosticSettings && empty(sourceComponentId)
      ? 'diagnosticSettings needs the component that they are made on: give sourceComponentId'
      : ''
    diagnosticSettings && !reading
      ? 'diagnosticSettings writes blobs that use = \'query\' does not read: use = \'blobs\' or use = \'both\''
      : ''
    diagnosticSettings && use == 'both' && !parted
      ? 'diagnosticSettings and the query API would bring the same telemetry twice: use = \'blobs\', or give settings QUERY_UNTIL or EXPORT_FROM'
      : ''
    startsWith(exportPrefix, '/') || endsWith(exportPrefix, '/')
      ? 'exportPrefix must have no slash at its ends, as in archive/shop'
      : ''
    startsWith(lakePrefix, '/') || endsWith(lakePrefix, '/')
      ? 'lakePrefix must have no slash at its ends, as in telemetry/raw'
      : ''
    exportTrigger == 'LogsAndContainerScan' && plan == 'FlexConsumption'
      ? 'exportTrigger = \'LogsAndContainerScan\' needs plan = \'ElasticPremium\': Flex Consumption takes events only'
      : ''
    empty(appSubnetId) != empty(endpointSubnetId)
      ? 'appSubnetId and endpointSubnetId go together: give both, or neither for a new network'
      : ''
    !privateNetwork && !(empty(appSubnetId) && empty(endpointSubnetId))
      ? 'appSubnetId and endpointSubnetId are for privateNetwork = true'
      : ''
    !privateNetwork && !publicSite
      ? 'publicSite = false needs privateNetwork = true: nothing else would reach the app'
      : ''
    newNetwork && int(last(split(addressPrefix, '/'))) > 25
      ? 'addressPrefix must be a /25 or larger, as in 10.90.0.0/24'
      : ''
    zoneRedundant && !endsWith(hostSku, 'ZRS')
      ? 'zoneRedundant needs state in several zones: stateSku (or lakeSku) = \'Standard_ZRS\', \'Standard_GZRS\' or \'Standard_RAGZRS\''
      : ''
  ],
  text => text != ''
)
var given = empty(faults) ? true : fail(join(faults, '; '))
var prefix = given ? name : ''

var identityName = '${prefix}-identity'
var siteName = '${prefix}-${unique}'
var hostName = '${prefix}h${unique}'

// /subscriptions/<2>/resourceGroups/<4>/providers/<6>/<7>/<8>
var lakeId = split(
  given && !empty(lakeAccountId) ? lakeAccountId : resourceId('Microsoft.Storage/storageAccounts', '${name}l${unique}'),
  '/'
)
var exportId = split(
  given && !empty(exportAccountId)
    ? exportAccountId
    : resourceId('Microsoft.Storage/storageAccounts', '${name}e${unique}'),
  '/'
)
var componentId = split(
  given && !empty(sourceComponentId) ? sourceComponentId : resourceId('Microsoft.Insights/components', 'none'),
  '/'
)
var workspaceId = split(
  given && !empty(sourceWorkspaceId)
    ? sourceWorkspaceId
    : resourceId('Microsoft.OperationalInsights/workspaces', 'none'),
  '/'
)
var newExports = reading && empty(exportAccountId)
var newNetwork = privateNetwork && empty(appSubnetId)
var folder = empty(lakePrefix) ? '' : '${lakePrefix}/'
var lakeFolder = '${lakeContainer}/${folder}'

// What is deleted by age is the signals' folders: beside them lies what the app keeps about the lake itself.
var signals = [
  'requests'
  'dependencies'
  'exceptions'
  'traces'
  'customEvents'
  'customMetrics'
  'pageViews'
  'browserTimings'
  'availabilityResults'
  'performanceCounters'
]
var bySignal = startsWith(settings.?LAKE_PATH ?? document.?lake.?path ?? '{signal}/', '{signal}/')
var lakeFolders = bySignal ? map(signals, signal => '${lakeFolder}${signal}/') : [lakeFolder]
var delta = (settings.?LAKE_TABLE ?? document.?lake.?table ?? 'none') == 'delta'

var hostSku = stateSku ?? lakeSku

// Diagnostic settings and data export append to one container for each category, which no event tells of: the sweep reads them.
var containers = diagnosticSettings ? 'insights-logs-*' : exportContainer
var severalContainers = contains(containers, '*') || contains(containers, ',')
var plainContainers = filter(
  map(split(exportContainer, ','), container => trim(container)),
  container => !contains(container, '*')
)
var events = reading && !severalContainers && exportTrigger == 'EventGrid' && (publicSite || !privateNetwork)

var quarantineContainer = settings.?QUARANTINE_CONTAINER ?? document.?quarantine.?container ?? ''
var quarantinePrefix = settings.?QUARANTINE_PREFIX ?? document.?quarantine.?prefix ?? '_quarantine'
var quarantineFolder = '${empty(quarantineContainer) ? lakeContainer : quarantineContainer}/${folder}${quarantinePrefix}/'

// ------------------------------------------------------------------------------------------------------------ identity and storage

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

module host 'modules/storage.bicep' = {
  params: {
    name: hostName
    location: location
    tags: tags
    containers: ['app-package', 'event-dead-letters']
    expiry: [
      {
        name: 'dead-letters'
        prefixes: ['event-dead-letters/']
        days: 30
      }
    ]
    publicNetwork: !privateNetwork
    // Event Grid's dead letters.
    trustedServices: events
    sku: hostSku
  }
}

module lake 'modules/storage.bicep' = if (empty(lakeAccountId)) {
  params: {
    name: lakeId[8]
    location: location
    tags: tags
    sku: lakeSku
    hierarchicalNamespace: hierarchicalNamespace
    containers: concat([lakeContainer], empty(quarantineContainer) ? [] : [quarantineContainer])
    expiry: concat(
      lakeRetentionDays == 0 || delta
        ? []
        : [{ name: 'lake', prefixes: lakeFolders, days: max(lakeRetentionDays, 7) + 30 }],
      quarantineRetentionDays == 0
        ? []
        : [{ name: 'quarantine', prefixes: [quarantineFolder], days: max(quarantineRetentionDays, 1) }]
    )
    publicNetwork: !privateNetwork
  }
}

module exports 'modules/storage.bicep' = if (newExports) {
  params: {
    name: exportId[8]
    location: location
    tags: tags
    containers: plainContainers
    expiry: exportRetentionDays == 0
      ? []
      : [
          {
            name: 'exports'
            prefixes: concat(map(plainContainers, container => '${container}/'), ['insights-logs-', 'am-'])
            days: max(exportRetentionDays, 7)
          }
        ]
    publicNetwork: !privateNetwork
    trustedServices: true
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: siteName
    location: location
    tags: tags
    workspaceId: ownWorkspaceId
    retentionDays: ownRetentionDays
  }
}

// ------------------------------------------------------------------------------------------------------------ roles, before the app starts

module hostRoles 'modules/roles.bicep' = {
  params: {
    principalId: identity.properties.principalId
    identityId: identity.id
    hostAccount: hostName
    ownComponent: siteName
  }
  dependsOn: [host, monitoring]
}

module lakeRoles 'modules/roles.bicep' = {
  scope: resourceGroup(lakeId[2], lakeId[4])
  params: {
    principalId: identity.properties.principalId
    identityId: identity.id
    lakeAccount: lakeId[8]
    lakeContainer: lakeContainer
    quarantineContainer: quarantineContainer
  }
  dependsOn: [lake]
}

module exportRoles 'modules/roles.bicep' = if (reading) {
  scope: resourceGroup(exportId[2], exportId[4])
  params: {
    principalId: identity.properties.principalId
    identityId: identity.id
    exportAccount: exportId[8]
    exportContainer: newExports || severalContainers ? '' : exportContainer
    exportPolling: exportTrigger == 'LogsAndContainerScan'
  }
  dependsOn: [exports]
}

module componentRoles 'modules/roles.bicep' = if (querying && !empty(sourceComponentId)) {
  scope: resourceGroup(componentId[2], componentId[4])
  params: {
    principalId: identity.properties.principalId
    identityId: identity.id
    sourceComponent: componentId[8]
  }
}

module workspaceRoles 'modules/roles.bicep' = if (querying && !empty(sourceWorkspaceId)) {
  scope: resourceGroup(workspaceId[2], workspaceId[4])
  params: {
    principalId: identity.properties.principalId
    identityId: identity.id
    sourceWorkspace: workspaceId[8]
  }
}

module moreRoles 'modules/roles.bicep' = [
  for (id, index) in moreSourceIds: {
    scope: resourceGroup(split(given ? id : '', '/')[2], split(given ? id : '', '/')[4])
    params: {
      principalId: identity.properties.principalId
      identityId: identity.id
      sourceComponent: contains(toLower(id), '/components/') ? last(split(id, '/')) : ''
      sourceWorkspace: contains(toLower(id), '/workspaces/') ? last(split(id, '/')) : ''
    }
  }
]

// ------------------------------------------------------------------------------------------------------------ source

resource component 'Microsoft.Insights/components@2020-02-02' existing = if (querying && !empty(sourceComponentId)) {
  name: componentId[8]
  scope: resourceGroup(componentId[2], componentId[4])
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = if (querying && !empty(sourceWorkspaceId)) {
  name: workspaceId[8]
  scope: resourceGroup(workspaceId[2], workspaceId[4])
}

module diagnostics 'modules/diagnostics.bicep' = if (diagnosticSettings && !empty(sourceComponentId)) {
  scope: resourceGroup(componentId[2], componentId[4])
  params: {
    name: siteName
    componentName: componentId[8]
    storageAccountId: join(exportId, '/')
    categories: diagnosticCategories
  }
  dependsOn: [exports]
}

// ------------------------------------------------------------------------------------------------------------ network

var networkName = '${prefix}-network'
var newAppSubnetId = resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'app')
var newEndpointSubnetId = resourceId('Microsoft.Network/virtualNetworks/subnets', networkName, 'endpoints')
var blobZone = 'privatelink.blob.${storageSuffix}'
var queueZone = 'privatelink.queue.${storageSuffix}'
var tableZone = 'privatelink.table.${storageSuffix}'
var siteZones = {
  AzureCloud: 'privatelink.azurewebsites.net'
  AzureUSGovernment: 'privatelink.azurewebsites.us'
  AzureChinaCloud: 'privatelink.chinacloudsites.cn'
}
var siteZone = siteZones[environment().name]
var zones = concat([blobZone, queueZone, tableZone], publicSite ? [] : [siteZone])
var hostTarget = resourceId('Microsoft.Storage/storageAccounts', hostName)
var endpoints = concat(
  [
    { name: 'host-blob', target: hostTarget, group: 'blob', zone: blobZone }
    { name: 'host-queue', target: hostTarget, group: 'queue', zone: queueZone }
    { name: 'host-table', target: hostTarget, group: 'table', zone: tableZone }
    { name: 'lake-blob', target: join(lakeId, '/'), group: 'blob', zone: blobZone }
  ],
  reading
    ? [
        { name: 'exports-blob', target: join(exportId, '/'), group: 'blob', zone: blobZone }
        { name: 'exports-queue', target: join(exportId, '/'), group: 'queue', zone: queueZone }
      ]
    : []
)

module network 'modules/network.bicep' = if (newNetwork) {
  params: {
    name: networkName
    location: location
    tags: tags
    addressPrefix: addressPrefix
    plan: plan
    zones: privateDnsZones ? zones : []
  }
}

resource ownZones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in zones: if (privateNetwork && !newNetwork && privateDnsZones) {
    name: zone
    location: 'global'
    tags: tags
  }
]

module privateEndpoints 'modules/endpoint.bicep' = [
  for endpoint in endpoints: if (privateNetwork) {
    params: {
      name: '${name}-${endpoint.name}'
      location: location
      tags: tags
      subnetId: newNetwork ? newEndpointSubnetId : endpointSubnetId
      targetId: endpoint.target
      group: endpoint.group
      zone: endpoint.zone
      register: privateDnsZones
    }
    dependsOn: [host, lake, exports, network, ownZones]
  }
]

module siteEndpoint 'modules/endpoint.bicep' = if (privateNetwork && !publicSite) {
  params: {
    name: '${name}-app'
    location: location
    tags: tags
    subnetId: newNetwork ? newEndpointSubnetId : endpointSubnetId
    targetId: resourceId('Microsoft.Web/sites', siteName)
    group: 'sites'
    zone: siteZone
    register: privateDnsZones
  }
  dependsOn: [app, network, ownZones]
}

// ------------------------------------------------------------------------------------------------------------ function app

var clouds = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgov'
  AzureChinaCloud: 'china'
}
var sourceName = last(empty(sourceComponentId) ? workspaceId : componentId)
var plainName = toLower(replace(replace(replace(replace(sourceName, '.', '-'), '_', '-'), '(', ''), ')', ''))
var byWorkspace = querying && !empty(sourceWorkspaceId)

var querySettings = named
  ? union(
      {
        APP_NAME: empty(appName) ? take(plainName, 63) : appName
        QUERY_CLOUD: clouds[environment().name]
      },
      byWorkspace ? { WORKSPACE_ID: workspace!.properties.customerId } : { APP_ID: component!.properties.AppId },
      byWorkspace && !empty(sourceComponentId) ? { RESOURCE_ID: sourceComponentId } : {}
    )
  : {}

var exportSettings = reading
  ? union(
      {
        EXPORT_CONTAINER: containers
        EXPORT_TRIGGER: exportTrigger
        ExportStorage__blobServiceUri: 'https://${exportId[8]}.blob.${storageSuffix}'
        ExportStorage__queueServiceUri: 'https://${exportId[8]}.queue.${storageSuffix}'
        ExportStorage__credential: 'managedidentity'
        ExportStorage__clientId: identity.properties.clientId
      },
      empty(exportPrefix) ? {} : { EXPORT_PREFIX: exportPrefix }
    )
  : {}

var lakeSettings = union(
  {
    LAKE_ACCOUNT_URL: 'https://${lakeId[8]}.blob.${storageSuffix}'
    LAKE_CONTAINER: lakeContainer
  },
  empty(lakePrefix) ? {} : { LAKE_PREFIX: lakePrefix },
  lakeRetentionDays == 0 ? {} : { LAKE_RETENTION: '${max(lakeRetentionDays, 7)}d', LAKE_RETIRE: 'remove' },
  empty(config) ? {} : { INSIGHTS_LAKE_CONFIG: config }
)

module app 'modules/app.bicep' = {
  params: {
    name: siteName
    location: location
    tags: tags
    plan: plan
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    premiumSku: premiumSku
    zoneRedundant: zoneRedundant
    identityId: identity.id
    identityClientId: identity.properties.clientId
    hostAccount: hostName
    telemetry: monitoring.outputs.connectionString
    settings: union(querySettings, exportSettings, lakeSettings, settings)
    subnetId: privateNetwork ? (newNetwork ? newAppSubnetId : appSubnetId) : ''
    publicSite: publicSite || !privateNetwork
  }
  dependsOn: [host, hostRoles, lakeRoles, exportRoles, network, privateEndpoints]
}

module alertRules 'modules/alerts.bicep' = if (alerts) {
  params: {
    name: siteName
    location: location
    tags: tags
    componentId: resourceId('Microsoft.Insights/components', siteName)
    emails: alertEmails
    actionGroupIds: alertActionGroupIds
    freshnessMinutes: freshnessMinutes
    silenceMinutes: silenceMinutes
    readsBlobs: reading
  }
  dependsOn: [monitoring]
}

// ------------------------------------------------------------------------------------------------------------ what the next steps need

@description('Name of the function app: func azure functionapp publish <this>.')
output functionApp string = siteName

@description('Account of the host: package, queue and ledger.')
output hostAccount string = hostName

@description('Blob endpoint of the lake.')
output lakeUrl string = 'https://${lakeId[8]}.blob.${storageSuffix}/${lakeFolder}'

@description('Component that receives the app\'s own telemetry.')
output ownComponent string = siteName

@description('Events are needed: deploy events.bicep once the code is published.')
output eventsNeeded bool = events

@description('For events.bicep: account of the export blobs.')
output eventsAccountId string = reading ? join(exportId, '/') : ''

@description('For events.bicep: container of the export blobs.')
output eventsContainer string = reading ? exportContainer : ''

@description('For events.bicep: folder in that container.')
output eventsPrefix string = reading ? exportPrefix : ''
