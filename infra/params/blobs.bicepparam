// Continuous Export blobs into a new lake. Fill in what stands in angle brackets.
using '../main.bicep'

param use = 'blobs'
param exportAccountId = '/subscriptions/<subscription>/resourceGroups/<group>/providers/Microsoft.Storage/storageAccounts/<account>'
param exportContainer = '<container>'
param exportPrefix = ''
param alertEmails = []
