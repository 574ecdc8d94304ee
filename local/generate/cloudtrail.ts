import { AGENTS, CATALOG, type Call, ERRORS, REGIONS, ROLES, USERS } from './cloudtrail-catalog.ts';
import { parameterValue } from './cloudtrail-values.ts';
import { type Random, weighted, zipf } from './random.ts';
import { type Compose, generate } from './stream.ts';
import type { Fault, GeneratedEvent, GeneratorOptions } from './types.ts';

const ADDRESSES = 60;
const ERROR_SHARE = 0.04;
const ACCOUNT = '111122223333';

/** A caller: who, from where, with what. */
interface Caller {
  readonly identity: object;
  readonly agent: string;
  readonly region: string;
}

/** CloudTrail events as JSON texts, one per record. See `generate` for what is odd about some. */
export function generateCloudTrail(options: GeneratorOptions): Generator<GeneratedEvent> {
  return generate(options, composer);
}

function composer(random: Random): Compose {
  const addresses = zipf(
    Array.from({ length: ADDRESSES }, (_, i) => address(random, i)),
    1.05,
  );
  const callers = zipf(interleave(ROLES.map(role), USERS.map(user)), 0.8);
  const calls = weighted(CATALOG, ({ weight }) => weight);
  const errors = weighted(ERRORS, ([, , weight]) => weight);
  return (_, time, fault) => {
    const call = calls(random);
    const caller = callers(random);
    const error = random.chance(ERROR_SHARE) ? errors(random) : null;
    const sourceIPAddress = addresses(random);
    const event = {
      eventVersion: '1.11',
      userIdentity: caller.identity,
      ...eventTime(time, fault),
      eventSource: call.service,
      eventName: call.name,
      awsRegion: caller.region,
      sourceIPAddress,
      userAgent: caller.agent,
      ...(error === null ? {} : { errorCode: error[0], errorMessage: error[1] }),
      ...detail(random, call, caller.region),
    };
    const text = JSON.stringify(event);
    return fault === 'brokenText' ? text.slice(0, random.int(20, text.length - 2)) : text;
  };

  function role(name: string, index: number): Caller {
    const principalId = `AROA${random.id(17)}`;
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/${random.hex(12)}`;
    const sessionIssuer = {
      type: 'Role',
      principalId,
      arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
      accountId: ACCOUNT,
      userName: name,
    };
    const creationDate = '2026-01-01T00:00:00Z';
    const identity = {
      type: 'AssumedRole',
      principalId: `${principalId}:${name}`,
      arn,
      accountId: ACCOUNT,
      accessKeyId: `ASIA${random.id(16)}`,
      sessionContext: { sessionIssuer, attributes: { creationDate, mfaAuthenticated: 'false' } },
    };
    return { identity, agent: AGENTS[index % AGENTS.length]!, region: region(index) };
  }

  function user(userName: string, index: number): Caller {
    const identity = {
      type: 'IAMUser',
      principalId: `AIDA${random.id(17)}`,
      arn: `arn:aws:iam::${ACCOUNT}:user/${userName}`,
      accountId: ACCOUNT,
      accessKeyId: `AKIA${random.id(16)}`,
      userName,
    };
    return { identity, agent: AGENTS[(index + 2) % AGENTS.length]!, region: region(index) };
  }
}

/** Most callers are at home in the first region. */
function region(index: number): string {
  return REGIONS[index % 2 === 0 ? 0 : index % REGIONS.length]!;
}

/** Whole seconds, as CloudTrail writes them. */
function eventTime(time: number, fault: Fault | null): { eventTime?: unknown } {
  if (fault === 'noTime') return {};
  if (fault === 'wrongType') return { eventTime: ['yesterday', 'about noon'] };
  return { eventTime: `${new Date(time).toISOString().slice(0, 19)}Z` };
}

function detail(random: Random, call: Call, awsRegion: string): object {
  const parameters = call.parameters.map((field) => [
    field,
    parameterValue(field, random, ACCOUNT),
  ]);
  const host = `${call.service.split('.')[0]}.${awsRegion}.amazonaws.com`;
  return {
    requestParameters: parameters.length === 0 ? null : Object.fromEntries(parameters),
    responseElements: call.readOnly ? null : { requestId: random.uuid(), _return: true },
    ...(call.service === 's3.amazonaws.com'
      ? {
          additionalEventData: {
            SignatureVersion: 'SigV4',
            CipherSuite: 'TLS_AES_128_GCM_SHA256',
            bytesTransferredIn: random.int(0, 40_000),
            AuthenticationMethod: 'AuthHeader',
            'x-amz-id-2': random.hex(76),
            bytesTransferredOut: random.int(100, 900_000),
          },
        }
      : {}),
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: call.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: host,
    },
  };
}

/** Documentation addresses and private ones; services call from their own name. */
function address(random: Random, index: number): string {
  if (index % 12 === 5) return random.pick(['ec2.amazonaws.com', 'lambda.amazonaws.com']);
  if (index % 3 === 0) return `10.${random.int(0, 40)}.${random.int(0, 255)}.${random.int(1, 254)}`;
  return `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${random.int(1, 254)}`;
}

/** Machines and people by turns, so that both are among the busiest. */
function interleave(roles: readonly Caller[], users: readonly Caller[]): Caller[] {
  return roles.flatMap((role, i) => (users[i] === undefined ? [role] : [role, users[i]]));
}
