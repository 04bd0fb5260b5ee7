// Blobs only: a Continuous Export archive in a storage account of yours, into a new lake. Nothing is queried.
using '../main.bicep'

param use = 'blobs'
param exportAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param exportContainer = '<container>'
param exportPrefix = ''
// param alertEmails = ['you@example.org']
