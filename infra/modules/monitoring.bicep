// Where the function app's own telemetry goes: a workspace-based component that takes Entra tokens only.
targetScope = 'resourceGroup'

@description('Name of the component and, with -logs behind it, of the workspace.')
param name string

@description('Region.')
param location string

@description('Tags on both.')
param tags { *: string }

@description('Resource id of a workspace to use; empty: a new one.')
param workspaceId string = ''

@description('Days for which a new workspace keeps data. 30 are included in the price.')
@minValue(30)
@maxValue(730)
param retentionDays int = 30

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = if (empty(workspaceId)) {
  name: '${name}-logs'
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: empty(workspaceId) ? workspace.id : workspaceId
  }
}

@description('Where telemetry is sent. No secret here: without a token of an identity with the role it is refused.')
output connectionString string = component.properties.ConnectionString
