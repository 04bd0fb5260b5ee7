// The function app and its plan: Flex Consumption, or Elastic Premium where Flex is not offered. Both run a package that lies in the
// container app-package of the host's storage account and is read with the identity.
targetScope = 'resourceGroup'

@description('Name of the function app, unique in all of Azure. The plan is called the same with -plan behind it.')
@minLength(2)
@maxLength(60)
param name string

@description('Region.')
param location string

@description('Tags on plan and app.')
param tags { *: string }

@description('FlexConsumption scales to nothing when idle; ElasticPremium always keeps one instance.')
param plan 'FlexConsumption' | 'ElasticPremium'

@description('Flex Consumption: memory of an instance in MB.')
param instanceMemoryMB 512 | 2048 | 4096

@description('Instances at most; on Flex Consumption for each function, as every function scales on its own there.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int

@description('Spread over the zones of the region.')
param zoneRedundant bool

@description('Elastic Premium: size of an instance.')
param premiumSku 'EP1' | 'EP2' | 'EP3'

@description('Resource id of the identity that the app runs as.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Name of the host storage account. It has a container app-package.')
param hostAccount string

@description('Connection string of the component that receives the app\'s own telemetry.')
param telemetry string

@description('Settings of Insights Lake, by name.')
param settings { *: string }

@description('Resource id of the subnet for outgoing traffic; empty: no network integration.')
param subnetId string = ''

@description('False: no public address; publish from within the network, and Event Grid cannot reach the app.')
param publicSite bool = true

var flex = plan == 'FlexConsumption'
var blobEndpoint = 'https://${hostAccount}.blob.${environment().suffixes.storage}'
var packages = '${blobEndpoint}/app-package'

var hostSettings = {
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: 'https://${hostAccount}.queue.${environment().suffixes.storage}'
  AzureWebJobsStorage__tableServiceUri: 'https://${hostAccount}.table.${environment().suffixes.storage}'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  // The host's greeting page says nothing to anybody.
  AzureWebJobsDisableHomepage: 'true'
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // Sampling of calls would take the lines of those with it that were left out, and alerts read lines.
  OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
  OTEL_TRACES_SAMPLER_ARG: '1'
}

// Flex Consumption keeps these in functionAppConfig and refuses them as settings. Elastic Premium would by default share its code over
// Azure Files, which needs an account key: a package that is fetched by the identity does not.
var premiumSettings = {
  FUNCTIONS_EXTENSION_VERSION: '~4'
  FUNCTIONS_WORKER_RUNTIME: 'node'
  WEBSITE_RUN_FROM_PACKAGE: '${packages}/insights-lake.zip'
  WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: identityId
}

var all = union(hostSettings, flex ? {} : premiumSettings, settings)
var appSettings = [
  for setting in items(all): {
    name: setting.key
    value: setting.value
  }
]

resource hosting 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: '${name}-plan'
  location: location
  tags: tags
  kind: flex ? 'functionapp' : 'elastic'
  sku: {
    name: flex ? 'FC1' : premiumSku
    tier: plan
    capacity: !flex && zoneRedundant ? 2 : null
  }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
    maximumElasticWorkerCount: flex ? null : min(maximumInstanceCount, 100)
  }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  // azd finds the app that it deploys to by this tag.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: hosting.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identityId
    publicNetworkAccess: publicSite ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: flex
      ? {
          deployment: {
            storage: {
              type: 'blobContainer'
              value: packages
              authentication: {
                type: 'UserAssignedIdentity'
                userAssignedIdentityResourceId: identityId
              }
            }
          }
          runtime: {
            name: 'node'
            version: '24'
          }
          scaleAndConcurrency: {
            instanceMemoryMB: instanceMemoryMB
            maximumInstanceCount: maximumInstanceCount
          }
        }
      : null
    siteConfig: flex
      ? {
          appSettings: appSettings
          ftpsState: 'Disabled'
          minTlsVersion: '1.2'
          scmMinTlsVersion: '1.2'
        }
      : {
          appSettings: appSettings
          ftpsState: 'Disabled'
          functionAppScaleLimit: min(maximumInstanceCount, 100)
          functionsRuntimeScaleMonitoringEnabled: !empty(subnetId)
          linuxFxVersion: 'NODE|24'
          minTlsVersion: '1.2'
          minimumElasticInstanceCount: zoneRedundant ? 2 : 1
          scmMinTlsVersion: '1.2'
          vnetRouteAllEnabled: !empty(subnetId)
        }
  }

  // Publishing takes Entra tokens only.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
    dependsOn: [ftp]
  }
}
