// The event subscription that tells the blob trigger of finished blobs.
targetScope = 'resourceGroup'

@description('Name of the system topic in this resource group.')
param topicName string

@description('Name of the subscription.')
param name string

@description('Address of the blob trigger with its key.')
@secure()
param endpointUrl string

@description('Events are wanted of blobs whose subject begins so.')
param subjectPrefix string

@description('Resource id of the storage account for dead letters.')
param deadLetterAccountId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: endpointUrl
        maxEventsPerBatch: 1
        minimumTlsVersionAllowed: '1.2'
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: subjectPrefix
      advancedFilters: [
        {
          // The calls after which a blob is whole. Left out: CreateFile (still empty) and what does not end a blob.
          operatorType: 'StringIn'
          key: 'data.api'
          values: ['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    // By identity: the account takes no keys.
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: deadLetterAccountId
          blobContainerName: 'event-dead-letters'
        }
      }
    }
  }
}
