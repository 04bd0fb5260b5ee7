// Every role assignment of the project, and nothing else. The module is deployed once for each resource group in which something
// is granted; what is not named there is not granted. SECURITY.md lists which call needs which role.
targetScope = 'resourceGroup'

@description('Object id of the identity that the roles are for.')
param principalId string

@description('Resource id of what has that identity. Names of assignments follow from it, as a what-if does not know the object id of an identity that is not there yet.')
param identityId string

@description('Storage account of the function host: locks, keys and package (blobs), windows (queue), ledger (table).')
param hostAccount string = ''

@description('Storage account of the lake. The role is for lakeContainer and quarantineContainer only.')
param lakeAccount string = ''

@description('Container of the lake; it must exist.')
param lakeContainer string = ''

@description('Container of the lake\'s account for unreadable lines, where they do not lie in lakeContainer; it must exist.')
param quarantineContainer string = ''

@description('Storage account that holds the export blobs.')
param exportAccount string = ''

@description('Container of the export blobs. Empty: every container of that account, as diagnostic settings make one for each category.')
param exportContainer string = ''

@description('The blob trigger polls: it reads and switches on the logs of the export account.')
param exportPolling bool = false

@description('Application Insights component to which the app sends its own telemetry.')
param ownComponent string = ''

@description('Application Insights component whose telemetry is exported.')
param sourceComponent string = ''

@description('Log Analytics workspace whose telemetry is exported.')
param sourceWorkspace string = ''

@description('Storage account in whose container event-dead-letters Event Grid puts what it could not deliver.')
param deadLetterAccount string = ''

var role = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  storageAccountContributor: '17d1049b-9a84-46fb-8f53-869881c3d3ab'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7'
}
var definitions = 'Microsoft.Authorization/roleDefinitions'
var exportsByAccount = !empty(exportAccount) && (empty(exportContainer) || exportPolling)
var exportsByContainer = !empty(exportAccount) && !exportsByAccount

resource host 'Microsoft.Storage/storageAccounts@2025-08-01' existing = if (!empty(hostAccount)) {
  name: hostAccount
}

// The host keeps leases, keys and receipts in containers that it makes itself, and the plan fetches the package.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(hostAccount)) {
  name: guid(host.id, identityId, role.storageBlobDataOwner)
  scope: host
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataOwner)
  }
}

resource hostQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(hostAccount)) {
  name: guid(host.id, identityId, role.storageQueueDataContributor)
  scope: host
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageQueueDataContributor)
  }
}

resource hostTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(hostAccount)) {
  name: guid(host.id, identityId, role.storageTableDataContributor)
  scope: host
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageTableDataContributor)
  }
}

resource lake 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = if (!empty(lakeAccount)) {
  name: '${lakeAccount}/default/${lakeContainer}'
}

// Put with conditions, list, delete of empty files: the lake's own container and no other.
resource lakeBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(lakeAccount)) {
  name: guid(lake.id, identityId, role.storageBlobDataContributor)
  scope: lake
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataContributor)
  }
}

resource quarantine 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = if (!empty(quarantineContainer)) {
  name: '${lakeAccount}/default/${quarantineContainer}'
}

resource quarantineBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(quarantineContainer)) {
  name: guid(quarantine.id, identityId, role.storageBlobDataContributor)
  scope: quarantine
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataContributor)
  }
}

resource exports 'Microsoft.Storage/storageAccounts@2025-08-01' existing = if (!empty(exportAccount)) {
  name: exportAccount
}

resource exportFolder 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = if (exportsByContainer) {
  name: '${exportAccount}/default/${exportContainer}'
}

// List and read only: export blobs are never written or deleted by the app.
resource exportContainerBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (exportsByContainer) {
  name: guid(exportFolder.id, identityId, role.storageBlobDataReader)
  scope: exportFolder
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataReader)
  }
}

resource exportAccountBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (exportsByAccount) {
  name: guid(exports.id, identityId, role.storageBlobDataReader)
  scope: exports
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataReader)
  }
}

// The host makes the queue webjobs-blobtrigger-poison in the account that it watches.
resource exportQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(exportAccount)) {
  name: guid(exports.id, identityId, role.storageQueueDataContributor)
  scope: exports
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageQueueDataContributor)
  }
}

// Only for LogsAndContainerScan: the host switches on the account's classic logs, which no data role allows.
resource exportLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(exportAccount) && exportPolling) {
  name: guid(exports.id, identityId, role.storageAccountContributor)
  scope: exports
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageAccountContributor)
  }
}

resource own 'Microsoft.Insights/components@2020-02-02' existing = if (!empty(ownComponent)) {
  name: ownComponent
}

resource ownTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(ownComponent)) {
  name: guid(own.id, identityId, role.monitoringMetricsPublisher)
  scope: own
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.monitoringMetricsPublisher)
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' existing = if (!empty(sourceComponent)) {
  name: sourceComponent
}

resource componentReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(sourceComponent)) {
  name: guid(component.id, identityId, role.reader)
  scope: component
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.reader)
  }
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = if (!empty(sourceWorkspace)) {
  name: sourceWorkspace
}

resource workspaceReader 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(sourceWorkspace)) {
  name: guid(workspace.id, identityId, role.reader)
  scope: workspace
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.reader)
  }
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' existing = if (!empty(deadLetterAccount)) {
  name: '${deadLetterAccount}/default/event-dead-letters'
}

resource deadLetterBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deadLetterAccount)) {
  name: guid(deadLetters.id, identityId, role.storageBlobDataContributor)
  scope: deadLetters
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(definitions, role.storageBlobDataContributor)
  }
}
