// One storage account with its containers and the rules by which blobs are deleted. Entra only: no keys, no anonymous access.
targetScope = 'resourceGroup'

import { expiryRule, redundancy } from 'types.bicep'

@description('Name of the account: 3 to 24 small letters and digits, unique in all of Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags on the account.')
param tags { *: string }

@description('Redundancy.')
param sku redundancy = 'Standard_LRS'

@description('Hierarchical namespace (Data Lake Storage Gen2). Cannot be changed later.')
param hierarchicalNamespace bool = false

@description('Containers to create, without anonymous access.')
param containers string[]

@description('What is deleted by age.')
param expiry expiryRule[] = []

@description('False: reachable through private endpoints only.')
param publicNetwork bool = true

@description('With publicNetwork false, Azure services that Azure Storage trusts may still write: diagnostic settings, dead letters of Event Grid.')
param trustedServices bool = false

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' = {
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

// A deleted container can be restored for 7 days. No soft delete of blobs and no versions: every file that a later run replaces
// would be billed on.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-08-01' = {
  parent: account
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource folders 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-08-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: {
      publicAccess: 'None'
    }
  }
]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2025-08-01' = if (!empty(expiry)) {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        for rule in expiry: {
          name: rule.name
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob', 'appendBlob']
              prefixMatch: rule.prefixes
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
