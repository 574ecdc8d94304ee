import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadApplications } from './applications.ts';
import { buildOrRefuse } from './build.ts';
import { toTemplate } from './cloudformation.ts';
import {
  INVOKE_FOLDER,
  type InvokeContext,
  type InvokeOptions,
  invokeLocal,
} from './invoke-local.ts';
import { renderErrors } from './report.ts';
import { describeService, FAULTS_ON_AWS, isStage, type Service, STAGES_ARE } from './service.ts';
import { readSettings } from './settings.ts';

/** The part of osls that is used here. */
interface Serverless {
  readonly serviceDir: string;
  readonly service: { readonly custom?: { readonly sluice?: unknown } };
  readonly processedInput: {
    readonly commands: readonly string[];
    readonly isHelpRequest: boolean;
  };
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  extendConfiguration(path: string[], value: unknown): void;
  getProvider(name: 'aws'): {
    getStage(): string;
    getRegion(): string;
    readonly naming: {
      getLambdaLogicalId(name: string): string;
      getLogGroupLogicalId(name: string): string;
    };
  };
}

/**
 * Gives serverless.yml the functions and resources that streams.yml asks for, builds dist/ before
 * osls packages it, and puts emulators behind `invoke local`. What is wrong in streams.yml or a
 * program stops every command.
 */
export default class SluicePlugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly #serverless: Serverless;
  #loaded: InvokeContext | null = null;

  constructor(serverless: Serverless, options: InvokeOptions) {
    this.#serverless = serverless;
    const build = () => this.#build();
    const local = invokeLocal(options, () => this.#loaded);
    this.hooks = {
      initialize: async () => {
        if (this.#isInvokeLocal()) local.prepare();
      },
      'before:package:createDeploymentArtifacts': build,
      'before:package:function:package': build,
      'before:deploy:function:packageFunction': build,
      'before:invoke:local:invoke': local.start,
      'after:invoke:local:invoke': local.finish,
      error: local.abandon,
    };
  }

  /** Called by osls while its configuration can still be extended. */
  async asyncInit(): Promise<void> {
    const { serviceDir, service, processedInput, classes } = this.#serverless;
    if (processedInput.isHelpRequest) return;
    const settings = readSettings(service.custom?.sluice);
    if ('wrong' in settings) {
      throw new classes.Error(settings.wrong.join('\n'), 'SLUICE_SETTINGS');
    }
    const loaded = loadApplications(resolve(serviceDir, settings.streams));
    if (!loaded.config || loaded.errors.length > 0) {
      throw new classes.Error(renderErrors(loaded.errors), 'SLUICE_CONFIGURATION');
    }
    const aws = this.#serverless.getProvider('aws');
    const stage = aws.getStage();
    // `invoke local` knows no bucket: it resolves no CloudFormation function.
    const faults = this.#isInvokeLocal()
      ? pathToFileURL(join(serviceDir, INVOKE_FOLDER)).href
      : FAULTS_ON_AWS;
    if (!isStage(stage)) {
      throw new classes.Error(`the stage "${stage}" cannot be used: ${STAGES_ARE}`, 'SLUICE_STAGE');
    }
    const folder = dirname(resolve(serviceDir, settings.streams));
    const described = describeService(
      loaded.applications,
      loaded.config,
      stage,
      faults,
      loaded.transformers,
      (file) => resolve(folder, file),
    );
    const abroad = this.#isInvokeLocal() ? [] : otherRegions(described, aws.getRegion());
    if (abroad.length > 0) throw new classes.Error(abroad.join('\n'), 'SLUICE_REGION');
    const { functions, resources, outputs } = toTemplate(
      described,
      {
        lambda: (name) => aws.naming.getLambdaLogicalId(name),
        logGroup: (name) => aws.naming.getLogGroupLogicalId(name),
      },
      settings.alarmTopics[stage],
    );
    this.#serverless.extendConfiguration(['functions'], functions);
    this.#serverless.extendConfiguration(['resources', 'Resources'], escapeTemplates(resources));
    this.#serverless.extendConfiguration(['resources', 'Outputs'], outputs);
    const { applications } = loaded;
    this.#loaded = { serviceDir, service: described, applications, UserError: classes.Error };
  }

  #isInvokeLocal(): boolean {
    return this.#serverless.processedInput.commands.join(' ') === 'invoke local';
  }

  async #build(): Promise<void> {
    if (!this.#loaded) return;
    const { service, serviceDir, UserError } = this.#loaded;
    await buildOrRefuse(service.functions, join(serviceDir, 'dist'), UserError);
  }
}

/** osls would take `${topic(2)}`, which is for AWS IoT, for a variable of its own. */
function escapeTemplates<T>(value: T): T {
  const text = JSON.stringify(value).replace(/\$\{(?=\w+\()/g, '\\\\${');
  return JSON.parse(text) as T;
}

/** What is wrong with streams that lie elsewhere: a function reaches streams of its own region only. */
function otherRegions({ functions }: Service, region: string): string[] {
  const targets = functions.flatMap(({ grants }) => grants.flatMap(({ on }) => on));
  const streams = targets.flatMap((target) => ('stream' in target ? target : []));
  const arns = new Map(streams.map(({ stream, arn }) => [stream, arn]));
  return [...arns].flatMap(([name, arn]) => {
    const own = arn?.split(':')[3] ?? region;
    if (own === region) return [];
    return `streams.${name}.arn is in region ${own}, but this deploys to ${region}, and a function reaches streams of its own region only: deploy with --region ${own}`;
  });
}
