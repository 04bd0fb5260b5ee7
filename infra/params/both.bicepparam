// Both: recent telemetry through the query API, the past from a Continuous Export archive. The two must not overlap in time: the
// archive is taken until the day from which on the API is asked.
using '../main.bicep'

param use = 'both'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'
param exportAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param exportContainer = '<container>'
param settings = {
  EXPORT_UNTIL: '2024-02-01'
  QUERY_FROM: '2024-02-01'
}
// param alertEmails = ['you@example.org']
