// Resource ids that users give: /subscriptions/<2>/resourceGroups/<4>/providers/<6>/<7>/<8>

@export()
var componentType = '/providers/microsoft.insights/components/'

@export()
var workspaceType = '/providers/microsoft.operationalinsights/workspaces/'

@export()
var accountType = '/providers/microsoft.storage/storageaccounts/'

@export()
@description('Whether an id is a whole one of one of these types; an empty one is none that was given, and well.')
func isIdOf(id string, types string[]) bool =>
  empty(id) || (length(split(id, '/')) == 9 && !contains(id, '<') && length(filter(
    types,
    type => contains(toLower(id), type)
  )) > 0)
