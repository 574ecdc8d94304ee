import { CommandError, messageOf } from './errors.ts';

/** Why a call of AWS failed, for people: what usually is behind it, and what to do. */
export interface AwsCall {
  /** What could not be done, such as "stream clicks may not be read". */
  readonly what: string;
  readonly service: 'Kinesis' | 'DynamoDB' | 'CloudWatch' | 'S3' | 'Lambda';
  /** The permissions that it takes. */
  readonly needs: string;
}

export function explainAws({ what, service, needs }: AwsCall, error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  const message = messageOf(error);
  const options = { cause: error };
  const say = (text: string, hint: string | null) => new CommandError(text, hint, options);
  if (/region is missing/i.test(message)) {
    return say('no AWS region is set', 'set AWS_REGION, such as AWS_REGION=eu-west-1');
  }
  if (nameOf(error) === 'CredentialsProviderError') {
    return say(`there are no AWS credentials: ${message}`, 'log in, or set AWS_PROFILE');
  }
  if (/AccessDenied|not authorized/i.test(`${nameOf(error)} ${message}`)) {
    return say(`${what}: ${message}`, `it needs ${needs}`);
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') {
    const variable = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
    const endpoint = process.env[variable] ?? process.env.AWS_ENDPOINT_URL;
    const hint = endpoint === undefined ? null : `${variable} says ${endpoint}`;
    return say(`${service} does not answer: ${message || code}`, hint);
  }
  return say(`${what}: ${message}`, null);
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}
