// The query API into a new lake. Fill in what stands in angle brackets.
using '../main.bicep'

param use = 'query'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'

// Any setting of docs/settings.md, for example QUERY_FROM: '2026-01-01'
param settings = {}
param alertEmails = []
