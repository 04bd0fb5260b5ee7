using '../../../infra/main.bicep'

param use = 'query'
param config = '{"apps":[{"name":"shop","appId":"22222222-2222-4222-8222-222222222222"},{"name":"crm","workspaceId":"44444444-4444-4444-8444-444444444444"}]}'
param moreSourceIds = [
  '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/providers/microsoft.insights/components/Shop.Prod'
  '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/shared'
]
