// One storage account with its containers and the rules by which blobs are deleted. Entra only: no keys, no anonymous access.
targetScope = 'resourceGroup'

@description('Name of the account: 3 to 24 small letters and digits, unique in all of Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags on the account.')
param tags object

@description('Redundancy.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_RAGRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param sku string = 'Standard_LRS'

@description('Hierarchical namespace (Data Lake Storage Gen2). Cannot be changed later.')
param hierarchicalNamespace bool = false

@description('Containers to create, without anonymous access.')
param containers array

@description('Days for which a deleted container can be restored; 0: not at all.')
@minValue(0)
@maxValue(365)
param containerSoftDeleteDays int = 7

@description('Deletion by age: objects { name, prefix, days }; prefix is container/folder, days count from the last change, 0: never.')
param expiry array = []

@description('False: reachable through private endpoints only.')
param publicNetwork bool = true

@description('With publicNetwork false, Azure services that Azure Storage trusts may still write: diagnostic settings, dead letters of Event Grid.')
param trustedServices bool = false

var rules = filter(expiry, rule => rule.days > 0)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: sku
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    isHnsEnabled: hierarchicalNamespace
    isLocalUserEnabled: false
    isSftpEnabled: false
    minimumTlsVersion: 'TLS1_2'
    // Disabled would shut out trusted services as well; Enabled with the default Deny and no rules lets in nobody else.
    publicNetworkAccess: publicNetwork || trustedServices ? 'Enabled' : 'Disabled'
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: trustedServices ? 'AzureServices' : 'None'
      defaultAction: publicNetwork ? 'Allow' : 'Deny'
    }
  }
}

// No soft delete of blobs and no versions: every file that a later run replaces would be billed on.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: containerSoftDeleteDays > 0 ? { enabled: true, days: containerSoftDeleteDays } : { enabled: false }
  }
}

resource folders 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = if (!empty(rules)) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        for rule in rules: {
          name: rule.name
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: [rule.prefix]
            }
            actions: {
              baseBlob: {
                delete: {
                  daysAfterModificationGreaterThan: rule.days
                }
              }
            }
          }
        }
      ]
    }
  }
  dependsOn: [blobs]
}

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name
