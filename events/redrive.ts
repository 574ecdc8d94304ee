const HOUR = 3_600_000;

/** What `npx sluice faults redrive` sends; `next` is what the answer before gave. */
export function redriveEvents(noon: number): Record<string, object> {
  const from = new Date(noon - HOUR).toISOString();
  const to = new Date(noon + HOUR).toISOString();
  return {
    'dry-run': { application: 'account-activity', dryRun: true },
    'one-reason': {
      ...{ application: 'account-activity', reasons: ['BAD_TYPE'], from, to },
      ...{ shardId: 'shardId-000000000000', dryRun: false, next: null },
    },
  };
}
