import type { ObjectRule, TextRule } from './rules.ts';

/** What Lambda takes of one request, 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_KIB = 6 * 1024;

const ARN_OF_FUNCTION: TextRule = {
  kind: 'text',
  pattern:
    '^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]+)?$',
  is: 'the ARN of a Lambda function',
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
const JWT = {
  kind: 'object',
  keys: {
    issuer: {
      rule: { kind: 'text', pattern: '^https://[^\\s?#]+$', is: 'the https URL of an issuer' },
      required: true,
      about: 'Who signs the tokens: the claim iss.',
    },
    audience: {
      rule: {
        kind: 'list',
        what: 'audience',
        of: { kind: 'text', pattern: '^\\S{1,256}$', is: 'a word of at most 256 characters' },
      },
      required: true,
      about: 'For whom a token may be: the claim aud or client_id.',
    },
    scopes: {
      rule: {
        kind: 'list',
        what: 'scope',
        of: { kind: 'text', pattern: '^\\S{1,256}$', is: 'a word of at most 256 characters' },
      },
      about: 'A token needs one of these scopes. Default: any.',
    },
  },
} as const satisfies ObjectRule;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
const LAMBDA = {
  kind: 'object',
  short: 'arn',
  keys: {
    arn: {
      rule: ARN_OF_FUNCTION,
      required: true,
      about: 'A function that answers { isAuthorized: true } or false (payload format 2.0).',
    },
    header: {
      rule: { kind: 'text', pattern: '^[A-Za-z0-9-]{1,128}$', is: 'the name of a header' },
      default: 'Authorization',
      about: 'The header that it judges. A request without it is refused before.',
    },
    cache: {
      rule: { kind: 'duration', min: '0s', max: '3600s' },
      default: '0s',
      about: 'How long its answer holds for the same header.',
    },
  },
} as const satisfies ObjectRule;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html */
const THROTTLE = {
  kind: 'object',
  keys: {
    rate: {
      rule: { kind: 'whole', min: 1, max: 10_000 },
      default: 1_000,
      about: 'Requests a second.',
    },
    burst: {
      rule: { kind: 'whole', min: 1, max: 5_000 },
      default: 500,
      about: 'Requests at once.',
    },
  },
} as const satisfies ObjectRule;

/** POST /<stream> of the HTTP API. */
export const INGEST = {
  kind: 'object',
  keys: {
    key: {
      rule: {
        kind: 'text',
        pattern: '^(?:random|\\$[.[]\\S.*|header:[A-Za-z0-9-]{1,128})$',
        is: 'random, a path such as $.user.id, or header:<name>',
      },
      default: 'random',
      about:
        'The partition key: random, a field of each element as JSONPath, or a header of the request as header:<name>.',
    },
    auth: {
      rule: { kind: 'choice', of: ['iam', 'none'], with: { jwt: JWT, lambda: LAMBDA } },
      default: 'iam',
      about:
        'Who may post: iam (signed requests), `{ jwt: … }`, `{ lambda: … }`, or none, which is everybody.',
    },
    limit: {
      rule: { kind: 'whole', min: 1, max: MOST_KIB },
      default: MOST_KIB,
      about: 'The largest body in KiB, unpacked.',
    },
    throttle: { rule: THROTTLE, default: {}, about: 'How many requests API Gateway lets through.' },
  },
} as const satisfies ObjectRule;

const HEADERS: TextRule = { kind: 'text', pattern: '^[A-Za-z0-9-]{1,128}$', is: 'a header' };

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html */
const CORS = {
  kind: 'object',
  keys: {
    origins: {
      rule: {
        kind: 'list',
        what: 'origin',
        of: {
          kind: 'text',
          pattern: '^(?:\\*|https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?)$',
          is: 'an origin such as https://app.example.com, or "*"',
        },
      },
      required: true,
      about: 'The pages that may post.',
    },
    headers: {
      rule: { kind: 'list', what: 'header', of: HEADERS },
      about:
        'Headers that they may send. Default: content-type, content-encoding, authorization and those of signed requests.',
    },
    cache: {
      rule: { kind: 'duration', min: '0s', max: '1d' },
      default: '1h',
      about: 'How long a browser remembers the answer.',
    },
  },
} as const satisfies ObjectRule;

/** What all routes of the HTTP API have in common. */
export const HTTP = {
  kind: 'object',
  keys: {
    cors: { rule: CORS, about: 'Pages of other origins that may post. Default: none.' },
  },
} as const satisfies ObjectRule;
