// For azd: every value comes from the azd environment (azd env set INSIGHTS_LAKE_USE both, …). Without azd take one of the files in params/.
using 'main.bicep'

param use = readEnvironmentVariable('INSIGHTS_LAKE_USE', 'query')
param name = readEnvironmentVariable('INSIGHTS_LAKE_NAME', 'ilake')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param sourceComponentId = readEnvironmentVariable('SOURCE_COMPONENT_ID', '')
param sourceWorkspaceId = readEnvironmentVariable('SOURCE_WORKSPACE_ID', '')
param exportAccountId = readEnvironmentVariable('EXPORT_ACCOUNT_ID', '')
param exportContainer = readEnvironmentVariable('EXPORT_CONTAINER_NAME', 'exports')
param exportPrefix = readEnvironmentVariable('EXPORT_FOLDER', '')
param diagnosticSettings = bool(readEnvironmentVariable('DIAGNOSTIC_SETTINGS', 'false'))
param lakeAccountId = readEnvironmentVariable('LAKE_ACCOUNT_ID', '')
param lakeContainer = readEnvironmentVariable('LAKE_CONTAINER_NAME', 'lake')
param instanceMemoryMB = int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048'))
param maximumInstanceCount = int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '5'))
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param alertEmails = json(readEnvironmentVariable('ALERT_EMAILS', '[]'))
param settings = json(readEnvironmentVariable('INSIGHTS_LAKE_SETTINGS', '{}'))
