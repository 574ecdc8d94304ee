/**
 * What Firehose fills into the keys of objects.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
const EXPRESSION = /!\{([^:}]*):?([^}]*)\}/g;

/** Every transformer gives these: the UTC date and hour of a record's arrival. */
export const TIME_KEYS: readonly string[] = ['date', 'hour'];

/** The keys of `!{partitionKeyFromLambda:…}` in a prefix, each once. */
export function partitionKeys(prefix: string): string[] {
  const found = [...prefix.matchAll(EXPRESSION)];
  const keys = found.flatMap(([, space, key]) => (space === 'partitionKeyFromLambda' ? key! : []));
  return [...new Set(keys)];
}

/** What is wrong with a prefix; null: nothing. `forErrors`: it is that of what failed. */
export function prefixProblem(prefix: string, forErrors: boolean): string | null {
  const known = forErrors ? ['timestamp', 'firehose'] : ['timestamp', 'partitionKeyFromLambda'];
  for (const [whole, space, key] of prefix.matchAll(EXPRESSION)) {
    if (!known.includes(space!)) {
      return `holds ${whole}; here can stand !{${known.join(':…} and !{')}:…}`;
    }
    if (key === '') return `holds ${whole}, which names nothing behind a colon`;
  }
  if (/!\{[^}]*$/.test(prefix)) return 'has an expression !{ without its }';
  if (forErrors && !prefix.includes('!{firehose:error-output-type}')) {
    return 'lacks !{firehose:error-output-type}, which Firehose asks for';
  }
  return null;
}
