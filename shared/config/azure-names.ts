/**
 * What is read by name beside our own settings, here or in the Azure libraries: whatever is spelt nearly so is most
 * likely one of these (test/config/names.test.ts holds the list against all that is read).
 */

/** By the app and by commands. */
export const azureNames: readonly string[] = [
  'AZURE_CLIENT_ID',
  'AZURE_TENANT_ID',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_CLIENT_CERTIFICATE_PASSWORD',
  'AZURE_CLIENT_SEND_CERTIFICATE_CHAIN',
  'AZURE_USERNAME',
  'AZURE_PASSWORD',
  'AZURE_AUTHORITY_HOST',
  'AZURE_ADDITIONALLY_ALLOWED_TENANTS',
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_TOKEN_CREDENTIALS',
  'AZURE_REGIONAL_AUTHORITY_NAME',
  'AZURE_POD_IDENTITY_AUTHORITY_HOST',
  'AZURE_IDENTITY_DISABLE_MULTITENANTAUTH',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  'AzureFunctionsJobHost__functionTimeout',
  'OTEL_SDK_DISABLED',
  'OTEL_METRICS_EXPORTER',
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  ...['', 'METRICS_'].flatMap((signal) =>
    ['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_KEY', 'CLIENT_CERTIFICATE'].map(
      (part) => `OTEL_EXPORTER_OTLP_${signal}${part}`,
    ),
  ),
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'NODE_EXTRA_CA_CERTS',
];

/** By commands alone. */
export const terminalNames: readonly string[] = [
  'AZURE_STORAGE_CONNECTION_STRING',
  'AZURE_STORAGE_KEY',
  'NO_COLOR',
  'FORCE_COLOR',
];

/** Read, and set by whatever runs the process, not by hand. */
export const platformNames: readonly string[] = [
  'IDENTITY_ENDPOINT',
  'IDENTITY_HEADER',
  'IDENTITY_SERVER_THUMBPRINT',
  'IMDS_ENDPOINT',
  'MSI_ENDPOINT',
  'MSI_SECRET',
  'WEBSITE_AUTH_ENABLED',
  'WEBSITE_INSTANCE_ID',
  'WEBSITE_SITE_NAME',
  'SYSTEM_OIDCREQUESTURI',
  'TERM',
  'SystemRoot',
  'SYSTEMROOT',
  'ProgramData',
  'ProgramFiles',
  'HOME',
  'PATH',
];

/** Names of others that look like one of these, or of ours, and are none. */
export const othersNames: readonly string[] = [
  'GO_PROXY',
  'HTTP2_PROXY',
  'AZURERM_CLIENT_ID',
  'AZURE_USER_NAME',
  'ARM_CLIENT_ID',
  'ARM_TENANT_ID',
  'CLICOLOR_FORCE',
  ...['PROTOCOL', 'INSECURE'].flatMap((part) =>
    ['', 'METRICS_', 'TRACES_', 'LOGS_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}${part}`),
  ),
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_METRIC_EXPORT_TIMEOUT',
  'OTEL_TRACES_EXPORTER',
  'OTEL_LOGS_EXPORTER',
];
