// Everything that Insights Lake runs on, in one resource group: identity, host storage, lake, function app, its telemetry and alerts.
// Second phase, once the code is published and where blobs come by Event Grid: events.bicep. How to use both: docs/deploy.md.
targetScope = 'resourceGroup'

// ------------------------------------------------------------------------------------------------------------ what for

@description('Where telemetry comes from: query (the query API), blobs (export blobs in storage), both.')
@allowed(['query', 'blobs', 'both'])
param use string

@description('Beginning of the names of all resources: small letters and digits.')
@minLength(3)
@maxLength(10)
param name string = 'ilake'

@description('Region of all resources. With diagnosticSettings it must be the region of the source component.')
param location string = resourceGroup().location

@description('Tags on all resources.')
param tags object = {}

// ------------------------------------------------------------------------------------------------------------ query source

@description('Resource id of the Application Insights component to export: …/providers/microsoft.insights/components/<name>. It may lie in another resource group or subscription. Needed for query (unless sourceWorkspaceId is given) and for diagnosticSettings.')
param sourceComponentId string = ''

@description('Resource id of a Log Analytics workspace: its tables are queried instead of the component\'s view, narrowed to sourceComponentId where that is given.')
param sourceWorkspaceId string = ''

@description('Name of the app in the lake\'s paths: small letters, digits, hyphens. Empty: the name of component or workspace.')
@maxLength(63)
param appName string = ''

@description('For several apps: resource ids of the components and workspaces that config names; the identity may read them. Leave sourceComponentId and sourceWorkspaceId empty then.')
param moreSourceIds array = []

@description('Settings document for several apps (INSIGHTS_LAKE_CONFIG): JSON text, or @insights-lake.json for a file of that name that npm run package takes along.')
param config string = ''

@description('Any other setting of docs/settings.md by its name, for example { SIGNALS: \'requests,exceptions\', QUERY_FROM: \'2026-01-01\' }. They go before what is derived here.')
param settings object = {}

// ------------------------------------------------------------------------------------------------------------ blob source

@description('Resource id of the storage account with the export blobs. Empty: a new account, for diagnosticSettings to write into.')
param exportAccountId string = ''

@description('Container of the export blobs. In an account of yours it must exist.')
@minLength(3)
@maxLength(63)
param exportContainer string = 'exports'

@description('Folder in that container, without slashes at its ends. Empty: all of it.')
param exportPrefix string = ''

@description('How new blobs are found: EventGrid (needs events.bicep) or, on Elastic Premium only, LogsAndContainerScan. On Flex Consumption it is EventGrid whatever is said here.')
@allowed(['EventGrid', 'LogsAndContainerScan'])
param exportTrigger string = 'EventGrid'

@description('Days after their last change when blobs of a new export account are deleted, at least 7 so that every sweep sees them; 0: never.')
@minValue(0)
@maxValue(36500)
param exportRetentionDays int = 0

@description('Create diagnostic settings on sourceComponentId that write its telemetry into the export account, and read these containers instead of exportContainer.')
param diagnosticSettings bool = false

@description('Categories that the diagnostic settings export.')
param diagnosticCategories array = [
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
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param lakeSku string = 'Standard_LRS'

@description('New lake: days after which files are deleted; 0: never.')
@minValue(0)
@maxValue(36500)
param lakeRetentionDays int = 0

@description('New lake: days after which quarantined lines are deleted; 0: never.')
@minValue(0)
@maxValue(36500)
param quarantineRetentionDays int = 90

// ------------------------------------------------------------------------------------------------------------ function app

@description('FlexConsumption, or ElasticPremium in regions without it.')
@allowed(['FlexConsumption', 'ElasticPremium'])
param plan string = 'FlexConsumption'

@description('Flex Consumption: memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances at most; on Flex Consumption for each function. An instance runs one window at a time and the query API serves five queries at once: leave it at 5 or less when querying.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 5

@description('Elastic Premium: size of an instance.')
@allowed(['EP1', 'EP2', 'EP3'])
param premiumSku string = 'EP1'

// ------------------------------------------------------------------------------------------------------------ telemetry of the app itself

@description('Resource id of a workspace for the app\'s own telemetry. Empty: a new one.')
param ownWorkspaceId string = ''

@description('Days for which a new workspace keeps it.')
@minValue(30)
@maxValue(730)
param ownRetentionDays int = 30

@description('Create alerts on failed windows, on a lake that is behind, on silence and on poison messages.')
param alerts bool = true

@description('E-mail addresses that alerts go to. Without any, and without alertActionGroupIds, alerts only show in the portal.')
param alertEmails array = []

@description('Resource ids of action groups that alerts go to.')
param alertActionGroupIds array = []

@description('Minutes that the lake may be behind before the alert: more than window + lag.')
@minValue(30)
@maxValue(10080)
param freshnessMinutes int = 180

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
var unique = uniqueString(resourceGroup().id, name)
var siteName = '${name}-${unique}'
var hostName = '${name}h${unique}'
var storageSuffix = environment().suffixes.storage

// /subscriptions/<2>/resourceGroups/<4>/providers/<6>/<7>/<8>
var lakeId = split(empty(lakeAccountId) ? resourceId('Microsoft.Storage/storageAccounts', '${name}l${unique}') : lakeAccountId, '/')
var exportId = split(empty(exportAccountId) ? resourceId('Microsoft.Storage/storageAccounts', '${name}e${unique}') : exportAccountId, '/')
var componentId = split(empty(sourceComponentId) ? resourceId('Microsoft.Insights/components', 'none') : sourceComponentId, '/')
var workspaceId = split(empty(sourceWorkspaceId) ? resourceId('Microsoft.OperationalInsights/workspaces', 'none') : sourceWorkspaceId, '/')
var trigger = plan == 'FlexConsumption' ? 'EventGrid' : exportTrigger
var newExports = reading && empty(exportAccountId)
var newNetwork = privateNetwork && empty(appSubnetId)
var lakeFolder = '${lakeContainer}/${empty(lakePrefix) ? '' : '${lakePrefix}/'}'

// ------------------------------------------------------------------------------------------------------------ identity and storage

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${name}-identity'
  location: location
  tags: tags
}

module host 'modules/storage.bicep' = {
  name: '${name}-host'
  params: {
    name: hostName
    location: location
    tags: tags
    containers: ['app-package', 'event-dead-letters']
    expiry: [
      {
        name: 'dead-letters'
        prefix: 'event-dead-letters/'
        days: 30
      }
    ]
    publicNetwork: !privateNetwork
    trustedServices: true
  }
}

module lake 'modules/storage.bicep' = if (empty(lakeAccountId)) {
  name: '${name}-lake'
  params: {
    name: lakeId[8]
    location: location
    tags: tags
    sku: lakeSku
    hierarchicalNamespace: hierarchicalNamespace
    containers: [lakeContainer]
    expiry: [
      {
        name: 'lake'
        prefix: lakeFolder
        days: lakeRetentionDays
      }
      {
        name: 'quarantine'
        prefix: '${lakeFolder}_quarantine/'
        days: quarantineRetentionDays
      }
    ]
    publicNetwork: !privateNetwork
  }
}

module exports 'modules/storage.bicep' = if (newExports) {
  name: '${name}-exports'
  params: {
    name: exportId[8]
    location: location
    tags: tags
    containers: [exportContainer]
    expiry: [
      {
        name: 'exports'
        prefix: '${exportContainer}/'
        days: exportRetentionDays == 0 ? 0 : max(exportRetentionDays, 7)
      }
      {
        name: 'diagnostics'
        prefix: 'insights-logs-'
        days: exportRetentionDays == 0 ? 0 : max(exportRetentionDays, 7)
      }
    ]
    publicNetwork: !privateNetwork
    trustedServices: true
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: '${name}-monitoring'
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
  name: '${name}-roles'
  params: {
    principalId: identity.properties.principalId
    hostAccount: host.outputs.name
    ownComponent: monitoring.outputs.name
  }
}

module lakeRoles 'modules/roles.bicep' = {
  name: '${name}-roles-lake'
  scope: resourceGroup(lakeId[2], lakeId[4])
  params: {
    principalId: identity.properties.principalId
    lakeAccount: lakeId[8]
    lakeContainer: lakeContainer
  }
  dependsOn: [lake]
}

module exportRoles 'modules/roles.bicep' = if (reading) {
  name: '${name}-roles-exports'
  scope: resourceGroup(exportId[2], exportId[4])
  params: {
    principalId: identity.properties.principalId
    exportAccount: exportId[8]
    exportContainer: newExports || diagnosticSettings ? '' : exportContainer
    exportPolling: trigger == 'LogsAndContainerScan'
  }
  dependsOn: [exports]
}

module componentRoles 'modules/roles.bicep' = if (querying && !empty(sourceComponentId)) {
  name: '${name}-roles-component'
  scope: resourceGroup(componentId[2], componentId[4])
  params: {
    principalId: identity.properties.principalId
    sourceComponent: componentId[8]
  }
}

module workspaceRoles 'modules/roles.bicep' = if (querying && !empty(sourceWorkspaceId)) {
  name: '${name}-roles-workspace'
  scope: resourceGroup(workspaceId[2], workspaceId[4])
  params: {
    principalId: identity.properties.principalId
    sourceWorkspace: workspaceId[8]
  }
}

module moreRoles 'modules/roles.bicep' = [
  for (id, index) in moreSourceIds: {
    name: '${name}-roles-more-${index}'
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      principalId: identity.properties.principalId
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

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = if (querying && !empty(sourceWorkspaceId)) {
  name: workspaceId[8]
  scope: resourceGroup(workspaceId[2], workspaceId[4])
}

module diagnostics 'modules/diagnostics.bicep' = if (diagnosticSettings && !empty(sourceComponentId)) {
  name: '${name}-diagnostics'
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
  name: '${name}-network'
  params: {
    name: '${name}-network'
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
    name: '${name}-endpoint-${endpoint.name}'
    params: {
      name: '${name}-${endpoint.name}'
      location: location
      tags: tags
      subnetId: newNetwork ? network!.outputs.endpointSubnetId : endpointSubnetId
      targetId: endpoint.target
      group: endpoint.group
      zone: privateDnsZones ? endpoint.zone : ''
    }
    dependsOn: [host, lake, exports, ownZones]
  }
]

module siteEndpoint 'modules/endpoint.bicep' = if (privateNetwork && !publicSite) {
  name: '${name}-endpoint-app'
  params: {
    name: '${name}-app'
    location: location
    tags: tags
    subnetId: newNetwork ? network!.outputs.endpointSubnetId : endpointSubnetId
    targetId: app.outputs.id
    group: 'sites'
    zone: privateDnsZones ? siteZone : ''
  }
  dependsOn: [ownZones]
}

// ------------------------------------------------------------------------------------------------------------ function app

var clouds = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgov'
  AzureChinaCloud: 'china'
}
var sourceName = last(empty(sourceComponentId) ? workspaceId : componentId)
var plainName = toLower(replace(replace(replace(replace(sourceName, '.', '-'), '_', '-'), '(', ''), ')', ''))
var queried = querying && !(empty(sourceComponentId) && empty(sourceWorkspaceId))
var byWorkspace = querying && !empty(sourceWorkspaceId)

var querySettings = queried
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
        // Diagnostic settings write one container per category, which no event tells of: the sweep reads them.
        EXPORT_CONTAINER: diagnosticSettings ? 'insights-logs-*' : exportContainer
        EXPORT_TRIGGER: trigger
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
  empty(config) ? {} : { INSIGHTS_LAKE_CONFIG: config }
)

module app 'modules/app.bicep' = {
  name: '${name}-app'
  params: {
    name: siteName
    location: location
    tags: tags
    plan: plan
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    premiumSku: premiumSku
    identityId: identity.id
    identityClientId: identity.properties.clientId
    hostAccount: host.outputs.name
    telemetry: monitoring.outputs.connectionString
    settings: union(querySettings, exportSettings, lakeSettings, settings)
    subnetId: privateNetwork ? (newNetwork ? network!.outputs.appSubnetId : appSubnetId) : ''
    publicSite: publicSite || !privateNetwork
  }
  dependsOn: [hostRoles, lakeRoles, exportRoles, privateEndpoints]
}

module alertRules 'modules/alerts.bicep' = if (alerts) {
  name: '${name}-alerts'
  params: {
    name: siteName
    location: location
    tags: tags
    componentId: monitoring.outputs.id
    emails: alertEmails
    actionGroupIds: alertActionGroupIds
    freshnessMinutes: freshnessMinutes
  }
}

// ------------------------------------------------------------------------------------------------------------ what the next steps need

@description('Name of the function app: func azure functionapp publish <this>.')
output functionApp string = app.outputs.name

@description('Account of the host: package, queue and ledger.')
output hostAccount string = host.outputs.name

@description('Blob endpoint of the lake.')
output lakeUrl string = 'https://${lakeId[8]}.blob.${storageSuffix}/${lakeFolder}'

@description('Component that receives the app\'s own telemetry.')
output ownComponent string = monitoring.outputs.name

@description('Events are needed: deploy events.bicep once the code is published.')
output eventsNeeded bool = reading && !diagnosticSettings && trigger == 'EventGrid' && (publicSite || !privateNetwork)

@description('For events.bicep: account of the export blobs.')
output eventsAccountId string = reading ? join(exportId, '/') : ''

@description('For events.bicep: container of the export blobs.')
output eventsContainer string = reading ? exportContainer : ''

@description('For events.bicep: folder in that container.')
output eventsPrefix string = reading ? exportPrefix : ''
