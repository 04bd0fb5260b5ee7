// Types that several files share.

@export()
@description('Blobs that are deleted by age.')
type expiryRule = {
  @description('Name of the rule: letters, digits, hyphens.')
  name: string

  @description('Beginnings of the blobs\' names with their container: container/folder. Azure takes ten.')
  @minLength(1)
  @maxLength(10)
  prefixes: string[]

  @description('Days after the last change.')
  @minValue(1)
  @maxValue(36500)
  days: int
}

@export()
@description('Redundancy of a storage account.')
type redundancy =
  | 'Standard_LRS'
  | 'Standard_ZRS'
  | 'Standard_GRS'
  | 'Standard_RAGRS'
  | 'Standard_GZRS'
  | 'Standard_RAGZRS'
