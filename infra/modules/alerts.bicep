// Alerts on what the app says about itself: every run and every tick of the planner is one line of JSON in its traces, and its metrics are rows
// of customMetrics (docs/metrics.md). Where an alert has to say why, it reads lines.
targetScope = 'resourceGroup'

@description('Beginning of the names of rules and action group.')
param name string

@description('Region.')
param location string

@description('Tags on rules and action group.')
param tags { *: string }

@description('Resource id of the component that receives the app\'s telemetry.')
param componentId string

@description('E-mail addresses to notify.')
param emails string[]

@description('Resource ids of action groups to notify besides.')
param actionGroupIds string[]

@description('Minutes that a feed\'s watermark may be behind.')
@minValue(30)
@maxValue(10080)
param freshnessMinutes int

@description('Minutes without a plan that was made without an error.')
@minValue(5)
@maxValue(1440)
param silenceMinutes int

@description('Whether the app reads export blobs, so that sweepBlobs has work.')
param readsBlobs bool

var rules = [
  {
    name: 'failed'
    title: 'Windows are failing'
    text: 'Windows whose last attempt failed, and why. They are tried again by themselves, with pauses that grow to an hour.'
    severity: 2
    every: 'PT15M'
    over: 'PT3H'
    query: loadTextContent('../alerts/failed.kql')
  }
  {
    name: 'stale'
    title: 'The lake is behind'
    text: 'Feeds whose watermark is more than ${freshnessMinutes} minutes behind. To be expected while a long past is caught up with.'
    severity: 2
    every: 'PT15M'
    over: 'PT1H'
    query: replace(loadTextContent('../alerts/stale.kql'), 'limit = 180;', 'limit = ${freshnessMinutes};')
  }
  {
    name: 'silent'
    title: 'Nothing is planned'
    text: 'For ${silenceMinutes} minutes no plan was made without an error: the app is stopped, stands still or is not published, its settings are wrong, or a source cannot be read.'
    severity: 1
    every: 'PT5M'
    over: silenceMinutes < 60 ? 'PT1H' : silenceMinutes < 360 ? 'PT6H' : 'P2D'
    query: replace(loadTextContent('../alerts/silent.kql'), 'silence = 15m;', 'silence = ${silenceMinutes}m;')
  }
  {
    name: 'poison'
    title: 'A message was given up'
    text: 'A queue message failed five times and lies in a poison queue. Its window is planned again; the reason is worth a look.'
    severity: 3
    every: 'PT15M'
    over: 'PT1H'
    query: loadTextContent('../alerts/poison.kql')
  }
  {
    name: 'held'
    title: 'The lake is paused'
    text: 'Writes to the lake fail, or somebody paused it: nothing is brought into it. What is held is delivered when it is resumed, which it is by itself when it can be written again, within seven days.'
    severity: 1
    every: 'PT15M'
    over: 'PT1H'
    query: loadTextContent('../alerts/held.kql')
  }
  {
    name: 'losing'
    title: 'Rows are about to be lost'
    text: 'The source will delete rows that are not in the lake yet; of the time that it keeps them a third is left.'
    severity: 1
    every: 'PT1H'
    over: 'PT1H'
    query: loadTextContent('../alerts/losing.kql')
  }
  {
    name: 'unattended'
    title: 'A timer does not do its work'
    text: 'For more than a day auditWindows (late rows), sweepBlobs (export blobs that no event told of) or tendLake (retention, files that were altered) has failed or has not run.'
    severity: 2
    every: 'PT1H'
    over: 'P2D'
    query: replace(
      loadTextContent('../alerts/unattended.kql'),
      '''['auditWindows', 'sweepBlobs', 'tendLake']''',
      readsBlobs ? '''['auditWindows', 'sweepBlobs', 'tendLake']''' : '''['auditWindows', 'tendLake']'''
    )
  }
  {
    name: 'altered'
    title: 'Files of the lake are not as they were written'
    text: 'Somebody has deleted or altered files of the lake. Windows whose rows the source still has run again by themselves, unless they are most of a feed; the names are in the log.'
    severity: 2
    every: 'PT1H'
    over: 'P2D'
    query: loadTextContent('../alerts/altered.kql')
  }
]

resource notify 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emails)) {
  name: '${name}-notify'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take(name, 12)
    emailReceivers: [
      for (address, index) in emails: {
        name: 'email-${index}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Insights Lake: ${rule.title}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [componentId]
      evaluationFrequency: rule.every
      windowSize: rule.over
      autoMitigate: true
      // The tables of a new component appear with its first telemetry. The queries are checked in test/infra.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: {
        actionGroups: concat(actionGroupIds, empty(emails) ? [] : [notify.id])
      }
    }
  }
]
