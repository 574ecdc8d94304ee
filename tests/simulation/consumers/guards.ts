import type { Guard } from '../guards.ts';

/** Rules of what reads beside the application. */
export const CONSUMER_GUARDS = {
  'consume-range': {
    rule: 'a handler gets nothing that the KPL has put into the wrong shard',
    among: ['re-sent', 'split'],
    patches: [
      {
        file: 'shared/consume/consumed-record.ts',
        find: 'if (range === null || isIn(range, user)) return user;',
        replace: 'return user;',
      },
    ],
  },
  'consume-stops': {
    rule: 'of a scope nothing is handled behind a record that failed',
    patches: [
      {
        file: 'shared/consume/scopes.ts',
        find: 'if (record.index >= outcome.limit) break;\n    const waiting',
        replace: 'const waiting',
      },
      {
        file: 'shared/consume/scopes.ts',
        find: 'if (record.index >= outcome.limit) break;\n      await attempt',
        replace: 'await attempt',
      },
    ],
  },
  'consume-one-by-one': {
    rule: 'records of one partition key follow one another',
    patches: [
      {
        file: 'shared/consume/scopes.ts',
        find: 'if (waiting !== undefined) {',
        replace: 'if (waiting === null) {',
      },
    ],
  },
  'consume-lowest': {
    rule: 'of several failures the lowest is answered',
    patches: [
      {
        file: 'shared/consume/outcome.ts',
        find: 'if (index >= limit) return;',
        replace: 'if (limit < records.length) return;',
      },
    ],
  },
  'consume-set-aside': {
    rule: 'what a handler refuses for good counts as done when it has been set aside',
    patches: [
      {
        file: 'shared/consume/outcome.ts',
        find: 'for (const { index, error } of failures) {',
        replace: 'for (const { index, error } of failures.slice(0, 0)) {',
      },
    ],
  },
  'consume-whole-faults': {
    rule: 'a record is set aside when all of it was handled, with all that was refused',
    patches: [
      {
        file: 'shared/consume/outcome.ts',
        find: '.filter(([index]) => index < limit)',
        replace: '',
      },
    ],
  },
  'consume-same-faults': {
    rule: 'what is set aside of a record is the same in whatever order its keys were done',
    patches: [
      {
        file: 'shared/consume/outcome.ts',
        find: 'faults: faults.toSorted((a, b) => a.subSequenceNumber - b.subSequenceNumber),',
        replace: 'faults,',
      },
    ],
  },
  'consume-state': {
    rule: 'a window gets the state back that it gave',
    patches: [
      {
        file: 'shared/consume/consume.ts',
        find: 'isWindowed(event) ? (event.state ?? {}) : undefined',
        replace: 'undefined',
      },
    ],
  },
  'upsert-fence': {
    rule: 'of rows only those behind the fence are merged into an item',
    patches: [
      {
        file: 'functions/upsert/from-stream.ts',
        find: 'return entries.filter(({ record }) => compareFences(fences[record]!, fence) > 0);',
        replace: 'return entries;',
      },
    ],
  },
  'upsert-lowest': {
    rule: 'of several failed writes the lowest record that an item lacks is answered',
    patches: [
      {
        file: 'functions/upsert/from-stream.ts',
        find: '(one.index < low.index ? one : low)',
        replace: '(one.index > low.index ? one : low)',
      },
    ],
  },
  'upsert-newest': {
    rule: 'which of two rows is newer does not depend on which came first',
    patches: [
      {
        file: 'functions/upsert/merge-rows.ts',
        find: 'return order === 0 ? textOf(a) > textOf(b) : order > 0;',
        replace: 'return order >= 0;',
      },
    ],
  },
} as const satisfies Readonly<Record<string, Guard>>;
