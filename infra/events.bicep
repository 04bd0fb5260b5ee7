// Second phase, after the code is published: Event Grid tells the blob trigger of every finished export blob. The key in the address
// is made by the host when it first loads the blob trigger, so this template cannot run before. Deploy it into the resource group of
// the function app; it may be repeated at any time.
targetScope = 'resourceGroup'

@description('Name of the function app (output functionApp of main.bicep).')
param functionApp string

@description('Storage account of the function host (output hostAccount): dead letters go there.')
param hostAccount string

@description('Resource id of the storage account with the export blobs (output eventsAccountId).')
param exportAccountId string

@description('Container of the export blobs (output eventsContainer).')
@minLength(3)
@maxLength(63)
param exportContainer string

@description('Folder in that container, without slashes at its ends (output eventsPrefix). Empty: all of it.')
param exportPrefix string = ''

@description('System topic that the account already has, in the account\'s resource group, with a system-assigned identity. Empty: a new one; an account can have only one.')
param existingTopic string = ''

@description('Function that the events are for.')
param functionName string = 'transformBlob'

@description('Tags on a new topic.')
param tags object = {}

var accountId = split(exportAccountId, '/')
var topicName = empty(existingTopic) ? '${accountId[8]}-events' : existingTopic
var folder = empty(exportPrefix) ? '' : 'blobs/${exportPrefix}/'

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: functionApp
}

resource host 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: hostAccount
}

module topic 'modules/topic.bicep' = {
  name: '${functionApp}-topic'
  scope: resourceGroup(accountId[2], accountId[4])
  params: {
    accountName: accountId[8]
    name: topicName
    tags: tags
    exists: !empty(existingTopic)
  }
}

module deadLetterRole 'modules/roles.bicep' = {
  name: '${functionApp}-roles-dead-letters'
  params: {
    principalId: topic.outputs.principalId
    deadLetterAccount: hostAccount
  }
}

module subscriptions 'modules/subscription.bicep' = {
  name: '${functionApp}-events'
  scope: resourceGroup(accountId[2], accountId[4])
  params: {
    topicName: topicName
    name: functionApp
    endpointUrl: 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys('${site.id}/host/default', '2024-11-01').systemKeys.blobs_extension}'
    subjectPrefix: '/blobServices/default/containers/${exportContainer}/${folder}'
    deadLetterAccountId: host.id
  }
  dependsOn: [deadLetterRole]
}
