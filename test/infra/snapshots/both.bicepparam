using '../../../infra/main.bicep'

param use = 'both'
param sourceComponentId = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/providers/microsoft.insights/components/Shop.Prod'
param freshnessMinutes = 600
param silenceMinutes = 200
param exportRetentionDays = 3
param lakeRetentionDays = 365
param settings = {
  EXPORT_UNTIL: '2024-02-01'
  QUERY_FROM: '2024-02-01'
}
