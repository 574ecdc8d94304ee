/** What the expressions of a prefix stand for. */
export interface PrefixValues {
  /** Milliseconds since 1970; written in UTC. */
  readonly time: number;
  readonly keys?: Readonly<Record<string, string>>;
  readonly errorType?: string;
}

/** https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html */
const EXPRESSION = /!\{([^:}]*):([^}]*)\}/g;
const DEFAULT_TIME = 'yyyy/MM/dd/HH/';

/**
 * Fills in the expressions of a prefix. One without any is followed by the hour, as Firehose does it
 * (https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html). Throws Error where an
 * expression cannot be filled in: `prefixUnknown` tells before.
 */
export function fillPrefix(prefix: string, values: PrefixValues): string {
  if (!prefix.includes('!{')) return `${prefix}${formatTime(DEFAULT_TIME, values.time)}`;
  return prefix.replace(EXPRESSION, (whole, space: string, name: string) => {
    const text = filledIn(space, name, values);
    if (text === null) throw new Error(`${whole} cannot be filled in`);
    return text;
  });
}

/** The expressions of a prefix that are filled in on AWS, but not on one machine. */
export function prefixUnknown(prefix: string): readonly string[] {
  return [...prefix.matchAll(EXPRESSION)].flatMap(([whole, space, name]) =>
    (space === 'timestamp' && formatTime(name!, 0) === null) ||
    (space === 'firehose' && !FIREHOSE_NAMES.includes(name!))
      ? [whole]
      : [],
  );
}

const FIREHOSE_NAMES = ['error-output-type', 'random-string'];

function filledIn(space: string, name: string, values: PrefixValues): string | null {
  if (space === 'timestamp') return formatTime(name, values.time);
  if (space === 'partitionKeyFromLambda') return values.keys?.[name] ?? null;
  if (name === 'error-output-type') return values.errorType ?? null;
  return name === 'random-string' ? crypto.randomUUID().replaceAll('-', '').slice(0, 11) : null;
}

/** Letters of Java's DateTimeFormatter, text in quotes, and what is neither. */
const TOKEN = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']/g;

/** null: the pattern has letters that are not known here. */
function formatTime(pattern: string, time: number): string | null {
  const date = new Date(time);
  let text = '';
  for (const [token, quoted, letter] of pattern.matchAll(TOKEN)) {
    if (quoted !== undefined) text += quoted === '' ? "'" : quoted.replaceAll("''", "'");
    else if (letter === undefined) text += token;
    else {
      const field = FIELDS[letter];
      if (field === undefined || (letter === 'M' && token.length > 2)) return null;
      text += padded(field(date), token);
    }
  }
  return text;
}

const FIELDS: Readonly<Record<string, (date: Date) => number>> = {
  y: (date) => date.getUTCFullYear(),
  u: (date) => date.getUTCFullYear(),
  M: (date) => date.getUTCMonth() + 1,
  d: (date) => date.getUTCDate(),
  D: (date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / 86_400_000) + 1,
  H: (date) => date.getUTCHours(),
  m: (date) => date.getUTCMinutes(),
  s: (date) => date.getUTCSeconds(),
};

/** Two letters of a year are its last two digits. */
function padded(value: number, letters: string): string {
  const digits = /^(?:yy|uu)$/.test(letters) ? value % 100 : value;
  return String(digits).padStart(letters.length, '0');
}
