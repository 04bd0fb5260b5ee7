using '../../../infra/events.bicep'

param functionApp = 'ilake-app'
param hostAccount = 'ilakehost'
param exportAccountId = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/archive/providers/Microsoft.Storage/storageAccounts/theirexports'
param exportContainer = 'exports'
