// Existing lake: into a container of a storage account that you have, in whatever resource group or subscription.
using '../main.bicep'

param use = 'query'
param sourceComponentId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/microsoft.insights/components/<component>'
param lakeAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param lakeContainer = '<container>'
param lakePrefix = 'insights'
// param alertEmails = ['you@example.org']
