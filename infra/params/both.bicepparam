// An archive of export blobs until a day, the query API from that day on, into a new lake. Fill in what stands in angle brackets.
using '../main.bicep'

param use = 'both'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'
param exportAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param exportContainer = '<container>'
param settings = {
  EXPORT_UNTIL: '2024-02-01'
  QUERY_FROM: '2024-02-01'
}
param alertEmails = []
