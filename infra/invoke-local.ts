import { join, relative } from 'node:path';
import type { Application } from '../shared/config/application.ts';
import { buildOrRefuse } from './build.ts';
import { isStreamFunction } from './function.ts';
import type { LocalAws } from './local-aws.ts';
import type { Service } from './service.ts';

/** What osls hands its plugins: the options of the command line, which `invoke local` adds to. */
export interface InvokeOptions {
  readonly function?: string;
  readonly docker?: boolean;
  readonly env?: string | readonly string[];
  readonly 'aws-profile'?: string;
  /** From `--path` or `--data`; parsed, unless `--raw` forbids it. */
  readonly data?: unknown;
  /** The function as osls is going to run it. */
  readonly functionObj?: { handler: string };
}

export interface InvokeContext {
  readonly serviceDir: string;
  readonly service: Service;
  readonly applications: readonly Application[];
  /** osls shows its message without a stack trace. */
  readonly UserError: new (
    message: string,
    code: string,
  ) => Error;
}

/** Below the service's folder: what `invoke local` builds, and what its functions set aside. */
export const INVOKE_FOLDER = '.sluice/invoke-local';

/**
 * Makes `invoke local` run the function against emulators that stand for this one invoke. Where
 * the user means AWS (`asksForAws`) or runs the function in a container, it is only built.
 */
export function invokeLocal(options: InvokeOptions, context: () => InvokeContext | null) {
  const { log } = console;
  let aws: LocalAws | null = null;
  return {
    /** Before osls looks for credentials: that takes seconds where there are none. */
    prepare: (): void => {
      if (isOffline(options)) hideCredentials();
    },

    start: async (): Promise<void> => {
      const loaded = context();
      if (loaded === null) return;
      const { serviceDir, service, applications, UserError } = loaded;
      const { functionObj } = options;
      // A container gets the artifact, which is made of dist/.
      if (options.docker || !functionObj) {
        await buildOrRefuse(service.functions, join(serviceDir, 'dist'), UserError);
        return;
      }
      const folder = join(serviceDir, INVOKE_FOLDER);
      const built = join(folder, 'functions');
      const fn = service.functions.find(({ name }) => name === options.function);
      const application = applications.find(
        ({ name }) => name === (fn?.redrives ?? fn?.application),
      );
      await buildOrRefuse(service.functions, built, UserError);
      functionObj.handler = functionObj.handler.replace(/^dist/, relative(serviceDir, built));
      if (!fn || !isOffline(options)) return;
      if (fn.environment.SLUICE_DELIVERY !== undefined) {
        // It asks nothing of AWS but to put back what does not fit: here that fails.
        delete process.env.SLUICE_PUT_BACK;
        const { logToStandardError } = await import('./invoke-report.ts');
        console.log = logToStandardError;
        return;
      }
      const start = async (): Promise<LocalAws | null> => {
        // The emulators are loaded only here: other commands start sooner.
        if (service.scalings.some((scaling) => scaling.fn === fn.name)) {
          const { startLocalScaler } = await import('./local-scaler.ts');
          return startLocalScaler(service, fn);
        }
        const isKnown = isStreamFunction(fn) || fn.redrives !== undefined;
        if (!application || !isKnown) return null;
        const { startLocalAws } = await import('./local-aws.ts');
        const faults = join(folder, 'faults');
        return startLocalAws({ service, fn, application, event: options.data, faults });
      };
      aws = await start().catch((error: Error) => {
        throw new UserError(error.message, 'SLUICE_LOCAL_AWS');
      });
      if (aws === null) return;
      Object.assign(process.env, aws.environment);
      // Standard output is for the response alone.
      console.log = aws.log;
    },

    finish: async (): Promise<void> => {
      console.log = log;
      await aws?.report();
      await aws?.stop();
    },

    /** When the function could not be loaded, or the report fails. */
    abandon: async (): Promise<void> => {
      console.log = log;
      await aws?.stop();
    },
  };
}

function isOffline(options: InvokeOptions): boolean {
  return !options.docker && !asksForAws(options, process.env);
}

/**
 * Whether the function shall reach AWS, or what the user has put in its place: SLUICE_AWS=1, an
 * endpoint for DynamoDB (both also with `--env`), or a profile on the command line.
 */
export function asksForAws(options: InvokeOptions, environment: NodeJS.ProcessEnv): boolean {
  if (options['aws-profile'] !== undefined) return true;
  const given = [options.env ?? []].flat().map((text) => text.split('=', 2) as [string, string?]);
  const all = { ...environment, ...Object.fromEntries(given) };
  const aws = all.SLUICE_AWS ?? '';
  if (aws !== '' && aws !== '0') return true;
  return Boolean(all.AWS_ENDPOINT_URL_DYNAMODB || all.AWS_ENDPOINT_URL);
}

/** Real credentials have no business with an emulator, nor has what makes the SDK pass it by. */
function hideCredentials(): void {
  for (const name of HIDDEN) delete process.env[name];
  process.env.AWS_ACCESS_KEY_ID = 'local';
  process.env.AWS_SECRET_ACCESS_KEY = 'local';
}

const HIDDEN = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SESSION_TOKEN',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
];
