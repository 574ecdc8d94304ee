import { refuserOf } from '../../functions/aggregate/rules.ts';
import type { Application } from '../../shared/config/application.ts';
import { graphOf } from './graph.ts';
import { applicationOf } from './program.ts';

/** The program, and the program with one rule changed. */
export const APPLICATIONS = [applicationOf(1), applicationOf(2)] as const;

const STRICT = new Map<Application, Application>(
  APPLICATIONS.map((application, index) => [application, applicationOf(index + 1, true)]),
);

/** An application as it was before its schema was mended. */
export function strictOf(application: Application): Application {
  return STRICT.get(application)!;
}

const STRICT_VERSIONS = new Set(
  [...STRICT.values()].map((one) => refuserOf({ application: one, graph: graphOf(one) }).version),
);

export function isStrict(version: string): boolean {
  return STRICT_VERSIONS.has(version);
}
