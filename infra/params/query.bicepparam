// Query only: one Application Insights component, asked through the query API, into a new lake.
using '../main.bicep'

param use = 'query'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'
param settings = {
  // QUERY_FROM: '2026-01-01'
  // SIGNALS: 'requests,dependencies,exceptions'
}
// param alertEmails = ['you@example.org']
