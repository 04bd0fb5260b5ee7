type Env = Readonly<Record<string, string | undefined>>;

/** Replaces `%NAME%` by the setting of that name, as the host does in bindings. */
export function setting(value: unknown, env: Env): string {
  return String(value ?? '').replace(/%([^%]+)%/g, (_, name: string) => {
    const found = env[name];
    if (found === undefined) throw new Error(`setting ${name} is missing; a binding refers to it as %${name}%`);
    return found;
  });
}

/** The connection string that a binding's `connection` names. */
export function connection(name: unknown, env: Env): string {
  const found = env[String(name)] ?? env[`AzureWebJobs${String(name)}`];
  if (found === undefined || found === '')
    throw new Error(`setting ${String(name)} is missing; it must be a storage connection string`);
  return found;
}
