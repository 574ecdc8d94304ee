import { loadApplications } from '../infra/applications.ts';
import { renderErrors } from '../infra/report.ts';
import type { Application } from '../shared/config/application.ts';
import type { StreamsConfig } from '../shared/config/streams.ts';
import { suggest } from '../shared/sql/suggest.ts';
import { chosenConfig } from './config.ts';
import { CommandError } from './errors.ts';

/** An application as streams.yml says it is, or all errors of that and of its programs, for people. */
export type FoundApplication =
  | { readonly application: Application; readonly config: StreamsConfig }
  | { readonly errors: string };

/** `named` is that of --config. Throws CommandError where there is none of this name. */
export function findApplication(name: string, named: string | undefined): FoundApplication {
  const file = chosenConfig(named);
  const { config, applications, errors } = loadApplications(file);
  if (config === null || errors.length > 0) return { errors: renderErrors(errors) };
  const application = applications.find((one) => one.name === name);
  if (application !== undefined) return { application, config };
  const names = applications.map((one) => one.name);
  const near = suggest(name, names);
  const hint = near === null ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  throw new CommandError(`${file} has no application ${name}`, hint);
}
