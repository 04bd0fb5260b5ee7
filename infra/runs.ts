/** What the package and a release are made of. Pure. */

/**
 * What of node_modules does not run on the server: it weighs more than the JavaScript that does, and every cold start
 * carries it.
 */
const idle: readonly RegExp[] = [
  /\.map$/,
  /\.[cm]?tsx?$/,
  /\.(md|markdown|html|ya?ml|flow|gyp|h)$/i,
  // Builds for other places of the packages that have one for Node too.
  /^@(azure|typespec)\/[^/]+\/dist\/(browser|react-native|workerd)\//,
  // Signing in through a browser: @azure/identity names it as a dependency, its build for Node never loads it.
  /^@azure\/msal-browser\//,
  // Of four builds of the KQL parser the one that is loaded.
  /^@kusto\/language-service-next\/(Kusto\.Language\.)?[Bb]ridge\.(js|meta.*|console.*|report\.log)$/,
  // Node loads the CommonJS build of three.
  /^re2js\/build\/index\.(umd\.)?js$/,
  /^@opentelemetry\/.*(\/build\/(esm|esnext)\/|\.mjs$)/,
  /^\.(bin\/|package-lock\.json$)/,
];

/** Its terms come with every package. */
const terms = /(^|\/)(licen[cs]e|notice|copying)[^/]*$/i;

/** Whether a file of node_modules goes into the package; `path` from there, with slashes. */
export const runs = (path: string): boolean => terms.test(path) || !idle.some((pattern) => pattern.test(path));

/** The package.json of the package: what Functions and Node read, without what builds and tests. */
export function publishedManifest(manifest: Readonly<Record<string, unknown>>): object {
  const { name, version, license, type, main, engines, dependencies } = manifest;
  return { name, version, license, private: true, type, main, engines, dependencies };
}

/**
 * Whether a file of the checkout goes into a release beside the package: Bicep, the second phase, and how to deploy;
 * `path` with slashes.
 */
export const released = (path: string): boolean =>
  /^(LICENSE|(README|CHANGELOG|SECURITY|docs\/[\w-]+)\.md|docs\/[\w.-]+\.(openapi\.json|png|svg)|insights-lake\.schema\.json)$/.test(
    path,
  ) ||
  /^infra\/(.*\.(bicep|bicepparam|kql|parameters\.json|workbook\.json)|bicepconfig\.json|secondPhase\.ts)$/.test(path);
