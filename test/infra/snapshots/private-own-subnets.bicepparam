using '../../../infra/main.bicep'

param use = 'query'
param sourceComponentId = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/shop/providers/microsoft.insights/components/Shop.Prod'
param privateNetwork = true
param publicSite = false
param appSubnetId = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/app'
param endpointSubnetId = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/endpoints'
