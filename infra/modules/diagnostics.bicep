// Diagnostic settings on the source component: Azure Monitor appends its telemetry to blobs of the export account, in one container
// for each category (insights-logs-apprequests, …), minutes after it arrives.
targetScope = 'resourceGroup'

@description('Name of the source component in this resource group.')
param componentName string

@description('Name of the setting on the component.')
param name string

@description('Resource id of the storage account that receives the blobs. It must be in the region of the component.')
param storageAccountId string

@description('Categories to export, as Azure Monitor names them.')
param categories string[]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

// The stable version of this type is of 2016 and knows neither categories nor metrics as they are now.
#disable-next-line use-recent-api-versions
resource setting 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: name
  scope: component
  properties: {
    storageAccountId: storageAccountId
    logs: [
      for category in categories: {
        category: category
        enabled: true
      }
    ]
  }
}
