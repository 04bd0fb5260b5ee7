// The system topic of a storage account. Azure allows one for each account: where there is one already, it is named and not created.
targetScope = 'resourceGroup'

@description('Storage account whose events are wanted, in this resource group.')
param accountName string

@description('Name of the topic to create, or of the one that exists.')
param name string

@description('Region of a new topic: that of the account.')
param location string

@description('Tags on a new topic.')
param tags { *: string }

@description('The account has a topic already.')
param exists bool

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: accountName
}

resource created 'Microsoft.EventGrid/systemTopics@2025-02-15' = if (!exists) {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: account.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource found 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = if (exists) {
  name: name
}

@description('Object id of the topic\'s identity, which writes dead letters.')
output principalId string = exists ? found!.identity.principalId : created!.identity.principalId
