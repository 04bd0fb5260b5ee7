// A small network of its own: one subnet for the app's outgoing traffic, one for private endpoints, and the DNS zones that make the
// storage accounts' names lead to them. Left out where subnets of an existing network are given.
targetScope = 'resourceGroup'

@description('Name of the network.')
param name string

@description('Region.')
param location string

@description('Tags on network, security groups and zones.')
param tags { *: string }

@description('Address range, at least a /25: the lower half of it goes to the app, the upper half to private endpoints.')
param addressPrefix string

@description('Plan of the function app: it decides to whom its subnet is delegated.')
param plan 'FlexConsumption' | 'ElasticPremium'

@description('Names of the private DNS zones to create.')
param zones string[]

var prefixLength = int(split(addressPrefix, '/')[1]) + 1

resource closed 'Microsoft.Network/networkSecurityGroups@2025-09-01' = {
  name: '${name}-nsg'
  location: location
  tags: tags
  // Azure's default rules: nothing comes in from outside the network.
  properties: {}
}

resource network 'Microsoft.Network/virtualNetworks@2025-09-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressPrefix]
    }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, prefixLength, 0)
          networkSecurityGroup: {
            id: closed.id
          }
          delegations: [
            {
              name: 'functions'
              properties: {
                serviceName: plan == 'FlexConsumption' ? 'Microsoft.App/environments' : 'Microsoft.Web/serverFarms'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, prefixLength, 1)
          networkSecurityGroup: {
            id: closed.id
          }
        }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zones: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in zones: {
    parent: zone[index]
    name: name
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]
