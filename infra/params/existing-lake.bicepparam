// The query API into a lake of yours. Fill in what stands in angle brackets.
using '../main.bicep'

param use = 'query'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'
param lakeAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param lakeContainer = '<container>'
param lakePrefix = 'insights'
param alertEmails = []
