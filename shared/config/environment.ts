/**
 * Reads the environment variables that a function needs, all at once: throws an Error that names
 * every one that is missing.
 */
export function readEnvironment<const Name extends string>(
  names: readonly Name[],
  environment: NodeJS.ProcessEnv = process.env,
): Readonly<Record<Name, string>> {
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new Error(`missing in the function's environment: ${missing.join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, environment[name]!])) as Record<
    Name,
    string
  >;
}
