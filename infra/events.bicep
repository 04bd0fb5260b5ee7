// Second phase, after the code is published: Event Grid tells the blob trigger of every finished export blob. The key in the address
// is made by the host when it first loads the blob trigger, so this template cannot run before. Deploy it into the resource group of
// the function app; it may be repeated at any time.
targetScope = 'resourceGroup'

import { accountType, isIdOf } from 'modules/ids.bicep'

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
param tags { *: string } = {}

// What cannot work ends here, before anything is made.
var faults = filter(
  [
    !empty(exportAccountId) && isIdOf(exportAccountId, [accountType])
      ? ''
      : 'exportAccountId must be the whole resource id of a storage account (output eventsAccountId), and is ${exportAccountId}'
    contains(exportContainer, '*') || contains(exportContainer, ',')
      ? 'exportContainer must be one container: blobs of several are found by the sweep, without events'
      : ''
    startsWith(exportPrefix, '/') || endsWith(exportPrefix, '/')
      ? 'exportPrefix must have no slash at its ends, as in archive/shop'
      : ''
  ],
  text => text != ''
)
var accountId = split(empty(faults) ? exportAccountId : fail(join(faults, '; ')), '/')
var topicName = empty(existingTopic) ? '${accountId[8]}-events' : existingTopic
var folder = empty(exportPrefix) ? '' : 'blobs/${exportPrefix}/'

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: functionApp
}

resource host 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: hostAccount
}

resource account 'Microsoft.Storage/storageAccounts@2025-08-01' existing = {
  name: accountId[8]
  scope: resourceGroup(accountId[2], accountId[4])
}

module topic 'modules/topic.bicep' = {
  scope: resourceGroup(accountId[2], accountId[4])
  params: {
    accountName: accountId[8]
    name: topicName
    location: account.location
    tags: tags
    exists: !empty(existingTopic)
  }
}

module deadLetterRole 'modules/roles.bicep' = {
  params: {
    principalId: topic.outputs.principalId
    identityId: resourceId(accountId[2], accountId[4], 'Microsoft.EventGrid/systemTopics', topicName)
    deadLetterAccount: hostAccount
  }
}

module subscriptions 'modules/subscription.bicep' = {
  scope: resourceGroup(accountId[2], accountId[4])
  params: {
    topicName: topicName
    name: functionApp
    endpointUrl: 'https://${site.properties.defaultHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys('${site.id}/host/default', '2025-03-01').systemKeys.blobs_extension}'
    subjectPrefix: '/blobServices/default/containers/${exportContainer}/${folder}'
    deadLetterAccountId: host.id
  }
  dependsOn: [deadLetterRole]
}
