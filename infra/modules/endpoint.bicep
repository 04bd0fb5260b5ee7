// A private endpoint to one part of one resource.
targetScope = 'resourceGroup'

@description('Name of the private endpoint.')
param name string

@description('Region: that of the subnet.')
param location string

@description('Tags on the endpoint.')
param tags { *: string }

@description('Resource id of the subnet.')
param subnetId string

@description('Resource id of what the endpoint leads to.')
param targetId string

@description('The part of it: blob, queue, table or sites.')
param group string

@description('Name of the private DNS zone of this resource group that takes up the address.')
param zone string

@description('False: a policy of yours sees to it.')
param register bool

resource endpoint 'Microsoft.Network/privateEndpoints@2025-09-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: group
        properties: {
          privateLinkServiceId: targetId
          groupIds: [group]
        }
      }
    ]
  }
}

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-09-01' = if (register) {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: group
        properties: {
          privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', zone)
        }
      }
    ]
  }
}
